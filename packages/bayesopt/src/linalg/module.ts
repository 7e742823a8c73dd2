/**
 * The WebAssembly module of assembly/: one instance a thread, loaded at first use, synchronously.
 *
 * Matrices live in JavaScript's memory, where the garbage collector looks after them; a call copies what it reads into
 * the module's memory and what it wrote out of it. Copying is O(n^2), the work O(n^3): at n = 50 it costs about a tenth of
 * a factorisation, at n = 800 a fiftieth.
 */

import { WASM_PAGE, type WasmMemory, wasmInstances } from '@skein/core';

/** Functions of assembly/index.ts; addresses and row sizes are bytes. */
export interface LinalgExports {
  readonly memory: WasmMemory;
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

const instantiate = wasmInstances<LinalgExports>(
  new URL('../../wasm/linalg.wasm', import.meta.url),
  new URL('../../wasm/linalg-relaxed.wasm', import.meta.url),
);

let exports: LinalgExports | null = null;
/** Where the next operand may lie; 0 before the module is loaded. */
let top = 0;

/**
 * Room for the operands of calls in the module's memory, until it is disposed of. Rooms nest: the newest is disposed of
 * first, as `using` does. What `at` gives is good until the next room is opened.
 */
export class Operands implements Disposable {
  readonly exports: LinalgExports;
  readonly #base: number;
  #next: number;

  /** Makes room for `count` numbers in all, in at most sixteen operands. */
  constructor(loaded: LinalgExports, count: number) {
    this.exports = loaded;
    this.#base = top;
    this.#next = top;
    // Every operand is aligned to 16 bytes and followed by four numbers that a kernel may overwrite.
    const end = top + 8 * (count + 6 * 16);
    const missing = end - loaded.memory.buffer.byteLength;
    if (missing > 0) loaded.memory.grow(Math.ceil(missing / WASM_PAGE));
    top = end;
  }

  /** Address of uninitialised room. */
  reserve(count: number): number {
    const address = this.#next;
    this.#next += 8 * ((count + 5) & ~1);
    return address;
  }

  /** Address of a copy. */
  copy(data: Float64Array): number {
    const address = this.reserve(data.length);
    this.at(address, data.length).set(data);
    return address;
  }

  /** The numbers at an address. */
  at(address: number, count: number): Float64Array {
    return new Float64Array(this.exports.memory.buffer, address, count);
  }

  [Symbol.dispose](): void {
    top = this.#base;
  }
}

/** Room for operands of `count` numbers in all. */
export function operands(count: number): Operands {
  if (exports === null) {
    exports = instantiate();
    top = (exports.heapBase() + 15) & ~15;
  }
  return new Operands(exports, count);
}
