/** Minibatches from arrays in memory or from streams. */

import { type Rng, SkeinError } from '@skein/core';
import { Tensor } from '@tensorflow/tfjs-core';
import type { ArrayInput } from '../compile/compile.ts';
import type { NumberArray } from '../compile/plan.ts';

/** Samples: the first dimension of x and y counts them. Float32Array is float32, Int32Array int32. */
export interface Samples {
  readonly x: ArrayInput | Tensor;
  /** Targets; one dimension is read as one column. */
  readonly y: ArrayInput | Tensor;
  /** A weight of each sample in the loss. */
  readonly weights?: ArrayLike<number>;
}

/** Samples in memory, or a function that starts one pass over a stream of batches. */
export type Data = Samples | (() => AsyncIterable<Samples> | Iterable<Samples>);

/** Weights of classes, by class number; classes that are not named weigh 1. */
export type ClassWeights = Readonly<Record<number, number>>;

/** One minibatch as plain arrays. */
export interface Batch {
  readonly size: number;
  readonly x: ArrayInput;
  readonly y: ArrayInput;
  readonly weights: Float32Array;
}

/** How batches are made. */
export interface BatchOptions {
  readonly batchSize: number;
  /** Order of samples in memory; null keeps theirs. A stream's order is its own. */
  readonly order: Rng | null;
  /** Batches to leave out at the start: where a resumed epoch continues. */
  readonly skip: number;
  readonly classWeights?: ClassWeights | undefined;
}

/** The number of batches of a pass, or null where only the stream knows. */
export function batchCount(data: Data, batchSize: number): number | null {
  return typeof data === 'function' ? null : Math.ceil(data.y.shape[0]! / batchSize);
}

/** One pass over the data. Throws `SHAPE` when x, y and weights disagree. */
export async function* batches(data: Data, options: BatchOptions): AsyncGenerator<Batch> {
  if (typeof data !== 'function') {
    yield* fromMemory(toBatch(data, options.classWeights), options);
    return;
  }
  let number = 0;
  for await (const samples of data()) if (number++ >= options.skip) yield toBatch(samples, options.classWeights);
}

function* fromMemory(all: Batch, { batchSize, order, skip }: BatchOptions): Generator<Batch> {
  const rows = Uint32Array.from({ length: all.size }, (_, i) => i);
  order?.shuffle(rows);
  for (let from = skip * batchSize; from < all.size; from += batchSize) {
    const chosen = rows.subarray(from, from + batchSize);
    const weights = Float32Array.from(chosen, (row) => all.weights[row]!);
    yield { size: chosen.length, x: pick(all.x, chosen), y: pick(all.y, chosen), weights };
  }
}

/** Rows of an array. */
function pick({ data, shape }: ArrayInput, rows: Uint32Array): ArrayInput {
  const width = data.length / shape[0]!;
  const out = new (data.constructor as new (length: number) => NumberArray)(rows.length * width);
  for (let i = 0; i < rows.length; i++) out.set(data.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
  return { data: out, shape: [rows.length, ...shape.slice(1)] };
}

function toArray(name: string, input: ArrayInput | Tensor): ArrayInput {
  const { shape } = input;
  const data = input instanceof Tensor ? (input.dataSync() as NumberArray) : input.data;
  const expected = shape.reduce((product, n) => product * n, 1);
  if (data.length !== expected || shape.length === 0) {
    throw new SkeinError('SHAPE', `${name}: expected ${expected} numbers for shape [${shape}], got ${data.length}`);
  }
  return { data, shape };
}

function toBatch(samples: Samples, classWeights: ClassWeights | undefined): Batch {
  const [x, given] = [toArray('x', samples.x), toArray('y', samples.y)];
  const y = given.shape.length === 1 ? { data: given.data, shape: [given.shape[0]!, 1] } : given;
  const size = x.shape[0]!;
  const weights = Float32Array.from(samples.weights ?? new Float32Array(size).fill(1));
  if (y.shape[0] !== size || weights.length !== size || size === 0) {
    throw new SkeinError(
      'SHAPE',
      `samples: expected as many targets and weights as inputs (at least 1), got ${size} inputs, ${y.shape[0]} targets and ${weights.length} weights`,
    );
  }
  if (classWeights !== undefined) weighClasses(weights, y, classWeights);
  return { size, x, y, weights };
}

function weighClasses(weights: Float32Array, { data, shape }: ArrayInput, classWeights: ClassWeights): void {
  const width = data.length / shape[0]!;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = weights[i]! * (classWeights[classOf(data.subarray(i * width, (i + 1) * width))] ?? 1);
  }
}

/** The class of a target: the number in its one column, or the place of its largest. */
function classOf(row: NumberArray): number {
  if (row.length === 1) return row[0]!;
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i;
  return best;
}

/** Weights that give all classes the same total: samples / (classes * samples of the class). */
export function balancedClassWeights(labels: ArrayLike<number>): ClassWeights {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  return Object.fromEntries([...counts].map(([label, count]) => [label, labels.length / (counts.size * count)]));
}
