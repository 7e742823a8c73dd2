/** WebAssembly modules of packages: the build compiles them from assembly/, a thread loads them at first use, synchronously. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkeinError } from './errors.ts';

/** The part of the WebAssembly API that is used here: TypeScript has it only in the browser's library. */
interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** The memory that a module exports. */
export interface WasmMemory {
  /** Another one after the memory has grown; the former then has no bytes any more. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Bytes of a page of memory. */
export const WASM_PAGE = 65_536;

/** `f32x4.relaxed_madd` in a function of its own: valid only where relaxed SIMD is supported. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 62, 1, 60, 0],
  ...[0xfd, 12, ...new Array<number>(16).fill(0)],
  ...[0xfd, 12, ...new Array<number>(16).fill(0)],
  ...[0xfd, 12, ...new Array<number>(16).fill(0)],
  ...[0xfd, 0x85, 0x02, 26, 11],
);

/** Whether this JavaScript engine runs relaxed SIMD (Node.js 22 and newer on most machines). */
export function supportsRelaxedSimd(): boolean {
  return api().validate(RELAXED_PROBE);
}

const api = (): Api => (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;

/**
 * Makes instances of the module in a file that imports nothing, each with a memory of its own; `E` is what it exports. The
 * file is compiled once, at the first call, which throws `BACKEND` if it does not exist. `relaxed` is the same module with
 * fused multiply-add, taken where the engine has it unless the environment variable `SKEIN_SIMD_BUILD` is `simd`.
 */
export function wasmInstances<E extends object>(file: URL, relaxed?: URL): () => E {
  let compiled: object | null = null;
  return () => {
    const { Module, Instance } = api();
    compiled ??= new Module(readBuild(fileURLToPath(relaxed !== undefined && takesRelaxedSimd() ? relaxed : file)));
    return new Instance(compiled, { env: {} }).exports as E;
  };
}

const takesRelaxedSimd = (): boolean => process.env['SKEIN_SIMD_BUILD'] !== 'simd' && supportsRelaxedSimd();

function readBuild(path: string): Uint8Array<ArrayBuffer> {
  if (existsSync(path)) return readFileSync(path);
  throw new SkeinError('BACKEND', `WebAssembly module: expected the build ${path}, got no file`, {
    details: { path },
    advice: 'run `npm run build` in the repository root (it compiles packages/*/assembly)',
  });
}
