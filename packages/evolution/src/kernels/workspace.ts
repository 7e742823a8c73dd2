/**
 * Memory that kernels work in. There is one workspace a thread, into which operands are copied and results copied from it; and
 * an algorithm with a large population may keep it in a workspace of its own, where kernels find it without copies.
 */

import { SkeinError, WASM_PAGE } from '@skein/core';
import { instantiate } from './module.ts';

/** Bytes beyond the end of an array that a kernel may touch. */
const EDGE = 64;

/** Bytes from the beginning of an array to where the next one may begin. */
const spaceOf = (bytes: number): number => (bytes + EDGE + 15) & ~15;

/** Arrays that kernels take for numbers; integers travel as numbers. */
export type Numbers = Float64Array | Int32Array;

/** The module's memory as arrays, and room in it for the operands of one call, one after the other. */
export class Workspace {
  readonly kernels = instantiate();
  f64 = new Float64Array(this.kernels.memory.buffer);
  i32 = new Int32Array(this.kernels.memory.buffer);
  u8 = new Uint8Array(this.kernels.memory.buffer);
  #base = (this.kernels.heapBase() + 15) & ~15;
  #next = this.#base;

  /** Forgets all operands. */
  begin(): this {
    this.#next = this.#base;
    return this;
  }

  /** Address of uninitialised room, a multiple of 16. The memory grows when it is too small. */
  take(bytes: number): number {
    const at = this.#next;
    this.#next = at + spaceOf(bytes);
    if (this.#next > this.u8.length) this.#grow();
    return at;
  }

  /** Address of a copy of numbers. */
  copy(numbers: ArrayLike<number>): number {
    const at = this.take(8 * numbers.length);
    this.f64.set(numbers, at >> 3);
    return at;
  }

  /** Address of a copy of integers of 32 bits. */
  copyIntegers(integers: Int32Array): number {
    const at = this.take(4 * integers.length);
    this.i32.set(integers, at >> 2);
    return at;
  }

  /** The numbers at an address: a view that holds until the next operand. */
  numbers(address: number, count: number): Float64Array {
    return this.f64.subarray(address >> 3, (address >> 3) + count);
  }

  /** A copy of the integers at an address. */
  integers(address: number, count: number): Int32Array<ArrayBuffer> {
    return this.i32.slice(address >> 2, (address >> 2) + count);
  }

  /** Whether an array lies in this memory. */
  holds(array: { readonly buffer: ArrayBufferLike }): boolean {
    return array.buffer === this.kernels.memory.buffer;
  }

  /** Address of an array that lies in this memory, or of a copy of another. */
  place(numbers: Numbers): number {
    return this.holds(numbers) ? numbers.byteOffset : this.copy(numbers);
  }

  /** Copies what lies at the address of `place` back into the array, if that lies elsewhere. */
  fetch(numbers: Numbers, address: number): void {
    if (!this.holds(numbers)) numbers.set(this.numbers(address, numbers.length));
  }

  /**
   * Arrays of zeros of these lengths that stay in this memory, which has room for operands of some bytes beside them and
   * must not grow any more: that would take the arrays away.
   */
  settle(lengths: readonly number[], operands: number): Float64Array<ArrayBuffer>[] {
    const starts = lengths.map((length) => this.take(8 * length));
    this.#base = this.#next;
    this.take(operands);
    const { buffer } = this.kernels.memory;
    homes.set(buffer, this.begin());
    return lengths.map((length, k) => new Float64Array(buffer, starts[k], length));
  }

  #grow(): void {
    const { memory } = this.kernels;
    const missing = this.#next - this.u8.length;
    if (homes.has(memory.buffer)) {
      throw new SkeinError(
        'SHAPE',
        `workspace: expected operands that fit beside what stays, got ${missing} bytes more`,
      );
    }
    memory.grow(Math.ceil(missing / WASM_PAGE));
    this.f64 = new Float64Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
  }
}

/** The workspaces with arrays that stay, by their memory. */
const homes = new WeakMap<ArrayBufferLike, Workspace>();
let shared: Workspace | null = null;

/** The workspace of this thread, empty. It belongs to whoever asked last. */
export function workspace(): Workspace {
  shared ??= new Workspace();
  return shared.begin();
}

/** The workspace whose memory holds an array, or else that of the thread, empty. */
export function workspaceOf(array: { readonly buffer: ArrayBufferLike }): Workspace {
  return homes.get(array.buffer)?.begin() ?? workspace();
}
