/**
 * The WebAssembly module of assembly/: one instance a thread, loaded at first use, synchronously.
 *
 * Populations live in JavaScript's memory, where the garbage collector looks after them. Kernels work on blocks of them,
 * which are copied into the module's memory and back: it stays small, whatever the size of the population.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkeinError } from '@skein/core';

/** Functions of assembly/index.ts: addresses are bytes, a key is two random words, counters start at any number. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heapBase(): number;
  uniforms(out: number, count: number, key0: number, key1: number, counter: number): void;
  coins(out: number, couples: number, length: number, rate: number, key0: number, key1: number, counter: number): void;
  sbx(
    rows: number,
    crossing: number,
    couples: number,
    length: number,
    coins: number,
    list: number,
    low: number,
    high: number,
    category: number,
    rounded: boolean,
    eta: number,
    key0: number,
    key1: number,
    counter: number,
  ): number;
  gaps(out: number, count: number, scale: number, key0: number, key1: number, counter: number): void;
  polynomial(
    values: number,
    low: number,
    high: number,
    count: number,
    eta: number,
    key0: number,
    key1: number,
    counter: number,
  ): void;
  gaussian(
    values: number,
    low: number,
    high: number,
    count: number,
    sigma: number,
    key0: number,
    key1: number,
    counter: number,
  ): void;
  highest(scores: number, count: number, chosen: number, scratch: number, out: number): void;
  rastrigin(rows: number, count: number, length: number, out: number): void;
}

/** The part of the WebAssembly API that is used here: TypeScript has it only in the browser's library. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const PAGE = 65_536;
/** Bytes beyond the end of an array that a kernel may touch. */
const EDGE = 64;

/** Where the build lies. */
const path = fileURLToPath(new URL('../../wasm/operators.wasm', import.meta.url));

function instantiate(): Kernels {
  if (!existsSync(path)) {
    throw new SkeinError('BACKEND', `the operators are not built: ${path} does not exist`, {
      details: { path },
      advice: 'run `npm run build` in the repository root (it compiles packages/evolution/assembly)',
    });
  }
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  return new Instance(new Module(readFileSync(path)), { env: {} }).exports as unknown as Kernels;
}

/** The module's memory as arrays, and room in it for the operands of one call, one after the other. */
export class Workspace {
  readonly kernels = instantiate();
  f64 = new Float64Array(this.kernels.memory.buffer);
  i32 = new Int32Array(this.kernels.memory.buffer);
  u8 = new Uint8Array(this.kernels.memory.buffer);
  readonly #base = (this.kernels.heapBase() + 15) & ~15;
  #next = this.#base;

  /** Forgets all operands. */
  begin(): void {
    this.#next = this.#base;
  }

  /** Address of uninitialised room, a multiple of 16. The memory grows when it is too small. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = at + ((bytes + EDGE + 15) & ~15);
    if (this.#next > this.u8.length) this.#grow();
    return at;
  }

  /** Address of a copy of numbers. */
  copy(numbers: ArrayLike<number>): number {
    const at = this.take(8 * numbers.length);
    this.f64.set(numbers, at >> 3);
    return at;
  }

  /** The numbers at an address: a view that holds until the next operand. */
  numbers(address: number, count: number): Float64Array {
    return this.f64.subarray(address >> 3, (address >> 3) + count);
  }

  #grow(): void {
    const { memory } = this.kernels;
    memory.grow(Math.ceil((this.#next - this.u8.length) / PAGE));
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
  }
}

let shared: Workspace | null = null;

/** The workspace of this thread, empty. It belongs to whoever asked last. */
export function workspace(): Workspace {
  shared ??= new Workspace();
  shared.begin();
  return shared;
}
