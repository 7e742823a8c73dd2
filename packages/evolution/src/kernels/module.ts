/** The WebAssembly module of assembly/. */

import { type WasmMemory, wasmInstances } from '@skein/core';

/** Functions of assembly/index.ts: addresses are bytes, a key is two random words, counters start at any number. */
export interface Kernels {
  readonly memory: WasmMemory;
  heapBase(): number;
  uniforms(out: number, count: number, key0: number, key1: number, counter: number): void;
  integers(out: number, count: number, n: number, key0: number, key1: number): void;
  shuffle(values: number, count: number, key0: number, key1: number): void;
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
  chosen(
    out: number,
    count: number,
    place: number,
    total: number,
    scale: number,
    key0: number,
    key1: number,
    counter: number,
  ): number;
  polynomial: ChangeNumbers;
  gaussian: ChangeNumbers;
  highest(scores: number, count: number, chosen: number, scratch: number, out: number): void;
  winners(scores: number, drawn: number, count: number, size: number, out: number): void;
  copyRows(from: number, sources: number, to: number, targets: number, count: number, bytes: number): void;
  rastrigin(rows: number, count: number, length: number, out: number): void;
}

/** A mutation of the numbers at some places, with one parameter. */
type ChangeNumbers = (
  genes: number,
  length: number,
  low: number,
  high: number,
  rounded: boolean,
  places: number,
  count: number,
  parameter: number,
  key0: number,
  key1: number,
  counter: number,
) => void;

/** An instance with a memory of its own. */
export const instantiate = wasmInstances<Kernels>(new URL('../../wasm/operators.wasm', import.meta.url));
