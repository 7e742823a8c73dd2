/**
 * The WebAssembly module of assembly/: one instance a thread, loaded at first use, synchronously.
 *
 * Matrices live in JavaScript's memory, where the garbage collector looks after them; a call copies what it reads into
 * the module's memory and what it wrote out of it. Copying is O(n^2), the work O(n^3): at n = 50 it costs about a tenth of
 * a factorisation, at n = 800 a fiftieth.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkeinError } from '@skein/core';

/** Functions of assembly/index.ts; addresses and row sizes are bytes. */
export interface LinalgExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heapBase(): number;
  factor(a: number, ld: number, n: number): number;
  solveRows(l: number, ldl: number, n: number, b: number, ldb: number, m: number, triangular: boolean): void;
  invert(l: number, ld: number, n: number, scratch: number, out: number): void;
  product(
    a: number,
    lda: number,
    m: number,
    b: number,
    ldb: number,
    n: number,
    k: number,
    c: number,
    ldc: number,
    mode: 0 | 1,
    lower: boolean,
  ): void;
  fill(
    kind: number,
    x: number,
    m: number,
    z: number,
    ldz: number,
    n: number,
    d: number,
    names: number,
    weights: number,
    out: number,
    lower: boolean,
  ): void;
  contract(
    kind: number,
    x: number,
    z: number,
    ldz: number,
    n: number,
    d: number,
    names: number,
    weights: number,
    pairs: number,
    slopes: number,
    out: number,
  ): void;
}

/** The part of the WebAssembly API that is used here: TypeScript has it only in the browser's library. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const PAGE = 65_536;

/** Where the build lies. */
const path = fileURLToPath(new URL('../../wasm/linalg.wasm', import.meta.url));

function instantiate(): LinalgExports {
  if (!existsSync(path)) {
    throw new SkeinError('BACKEND', `the linear algebra is not built: ${path} does not exist`, {
      details: { path },
      advice: 'run `npm run build` in the repository root (it compiles packages/bayesopt/assembly)',
    });
  }
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  return new Instance(new Module(readFileSync(path)), { env: {} }).exports as unknown as LinalgExports;
}

/** The operands of one call in the module's memory, one after the other. The next call overwrites them. */
export class Operands {
  readonly exports: LinalgExports;
  readonly #view: Float64Array;
  /** Index of the first free number. */
  #next: number;

  /** Makes room for `count` numbers in all. */
  constructor(exports: LinalgExports, count: number) {
    this.exports = exports;
    const base = (exports.heapBase() + 15) & ~15;
    // Every operand is aligned to 16 bytes and followed by four numbers that a kernel may overwrite.
    const missing = base + 8 * (count + 6 * 16) - exports.memory.buffer.byteLength;
    if (missing > 0) exports.memory.grow(Math.ceil(missing / PAGE));
    this.#view = new Float64Array(exports.memory.buffer);
    this.#next = base / 8;
  }

  /** Address of uninitialised room. */
  reserve(count: number): number {
    const at = this.#next;
    this.#next = at + ((count + 5) & ~1);
    return 8 * at;
  }

  /** Address of a copy. */
  copy(data: Float64Array): number {
    const at = this.reserve(data.length);
    this.#view.set(data, at / 8);
    return at;
  }

  /** The numbers at an address. */
  at(address: number, count: number): Float64Array {
    return this.#view.subarray(address / 8, address / 8 + count);
  }
}

let exports: LinalgExports | null = null;

/** Room for operands of one call with `count` numbers in all. */
export function operands(count: number): Operands {
  exports ??= instantiate();
  return new Operands(exports, count);
}
