/** WebAssembly modules of packages: the build compiles them from assembly/, a thread loads them at first use, synchronously. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkeinError } from './errors.ts';

/** The part of the WebAssembly API that is used here: TypeScript has it only in the browser's library. */
interface Api {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
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

/**
 * Makes instances of the module in a file that imports nothing, each with a memory of its own; `E` is what it exports. The
 * file is compiled once, at the first call, which throws `BACKEND` if it does not exist.
 */
export function wasmInstances<E extends object>(file: URL): () => E {
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly;
  let compiled: object | null = null;
  return () => {
    compiled ??= new Module(readBuild(fileURLToPath(file)));
    return new Instance(compiled, { env: {} }).exports as E;
  };
}

function readBuild(path: string): Uint8Array<ArrayBuffer> {
  if (existsSync(path)) return readFileSync(path);
  throw new SkeinError('BACKEND', `WebAssembly module: expected the build ${path}, got no file`, {
    details: { path },
    advice: 'run `npm run build` in the repository root (it compiles packages/*/assembly)',
  });
}
