/** Minibatches from arrays in memory or from streams. */

import { type Rng, SkeinError } from '@skein/core';
import { Tensor } from '@tensorflow/tfjs-core';
import type { ArrayInput } from '../compile/compile.ts';
import type { NumberArray } from '../compile/plan.ts';
import { fetchValues } from '../fetch-values.ts';
import { type Each, forAllPorts, forEachPort, type Placed, type Port, type Ports } from './ports.ts';

/** Numbers of samples, which the first dimension counts. Float32Array is float32, Int32Array int32. */
export type Values = ArrayInput | Tensor;

/** Samples: one array for a model's only input or output, or one for each, as a list or by the names of its layers. */
export interface Samples {
  readonly x: Each<Values>;
  /** Targets. One dimension is read as one column. */
  readonly y: Each<Values>;
  /** A weight of each sample in the loss, the same for all outputs or one list for each. */
  readonly weights?: Each<ArrayLike<number>>;
}

/** A pass over batches. The next one is asked for when the one before has been used. */
export type Batches = AsyncIterable<Samples> | Iterable<Samples>;

/** Samples in memory, batches that can be read again and again, or a function that starts one pass over a stream. */
export type Data = Samples | Batches | (() => Batches);

/** Weights of classes, by class number; classes that are not named weigh 1. */
export type ClassWeights = Readonly<Record<number, number>>;

/** One minibatch as plain arrays, in the order of the model's inputs and outputs. */
export interface Batch {
  readonly size: number;
  readonly x: readonly ArrayInput[];
  readonly y: readonly ArrayInput[];
  /** Of each output. */
  readonly weights: readonly Float32Array[];
}

/** How data becomes batches. */
export interface Reading {
  /** What the data is called in errors. */
  readonly path: string;
  readonly ports: Ports;
  readonly classWeights?: Each<ClassWeights> | undefined;
  readonly batchSize: number;
}

/** What is read in one pass. */
export interface Pass {
  /** Order of samples in memory; null keeps theirs. A stream's order is its own. */
  readonly order: Rng | null;
  /** Batches to leave out at the start: where a resumed epoch continues. */
  readonly skip: number;
}

const isValues = (value: Each<Values>): value is Values =>
  value instanceof Tensor || ('data' in value && 'shape' in value);

const isNumbers = (value: Each<ArrayLike<number>>): value is ArrayLike<number> =>
  ArrayBuffer.isView(value) || (Array.isArray(value) && value.every((item) => typeof item === 'number'));

const isClassWeights = (value: Each<ClassWeights>): value is ClassWeights =>
  Object.values(value).every((item) => typeof item === 'number');

function isSamples(data: Data): data is Samples {
  return typeof data !== 'function' && !(Symbol.iterator in data) && !(Symbol.asyncIterator in data);
}

/** Waits for the values of samples in memory that are tensors, so that they can be read at once. */
export async function fetchSamples(data: Data): Promise<void> {
  if (!isSamples(data)) return;
  const values = [data.x, data.y].flatMap((each) => (isValues(each) ? [each] : Object.values(each)));
  await fetchValues(values.filter((value) => value instanceof Tensor));
}

/** Data that is read pass by pass. Samples in memory are read at once (see `fetchSamples`). */
export class Reader {
  private readonly data: Data;
  private readonly reading: Reading;
  /** Samples in memory, read once. */
  private readonly all: Batch | null;

  constructor(data: Data, reading: Reading) {
    this.data = data;
    this.reading = reading;
    this.all = isSamples(data) ? toBatch(data, reading) : null;
  }

  /** The number of batches of a pass, or null where only the stream knows. */
  get count(): number | null {
    return this.all === null ? null : Math.ceil(this.all.size / this.reading.batchSize);
  }

  /** One pass over the data. Throws `SHAPE` or `INPUT` where it does not fit the model. */
  async *batches({ order, skip }: Pass): AsyncGenerator<Batch> {
    if (this.all !== null) {
      yield* parts(this.all, this.reading.batchSize, order, skip);
      return;
    }
    const stream = typeof this.data === 'function' ? this.data() : (this.data as Batches);
    let number = 0;
    for await (const samples of stream) {
      if (number++ < skip) continue;
      await fetchSamples(samples);
      yield toBatch(samples, this.reading);
    }
  }
}

function* parts(all: Batch, batchSize: number, order: Rng | null, skip: number): Generator<Batch> {
  const rows = order === null ? null : Uint32Array.from({ length: all.size }, (_, i) => i);
  if (rows !== null) order!.shuffle(rows);
  for (let from = skip * batchSize; from < all.size; from += batchSize) {
    const to = Math.min(all.size, from + batchSize);
    const pick = ({ data, shape }: ArrayInput) => {
      const picked =
        rows === null ? rowsBetween(data, from, to, shape[0]!) : rowsAt(data, rows.subarray(from, to), shape[0]!);
      return { data: picked, shape: [to - from, ...shape.slice(1)] };
    };
    const pickWeights = (data: Float32Array) => pick({ data, shape: [all.size] }).data as Float32Array;
    yield { size: to - from, x: all.x.map(pick), y: all.y.map(pick), weights: all.weights.map(pickWeights) };
  }
}

/** A view of rows of an array with so many. */
function rowsBetween(data: NumberArray, from: number, to: number, count: number): NumberArray {
  const width = data.length / count;
  return data.subarray(from * width, to * width);
}

/** Copies of rows of an array with so many. */
function rowsAt(data: NumberArray, rows: Uint32Array, count: number): NumberArray {
  const width = data.length / count;
  const out = new (data.constructor as new (length: number) => NumberArray)(rows.length * width);
  for (let i = 0, at = 0; i < rows.length; i++) {
    const start = rows[i]! * width;
    for (let k = 0; k < width; k++) out[at++] = data[start + k]!;
  }
  return out;
}

function toBatch(samples: Samples, { path, ports, classWeights }: Reading): Batch {
  const given = forAllPorts(`${path}.x`, samples.x, ports.inputs, isValues);
  const x = given.map((placed, i) => inputArray(placed, ports.inputs[i]!));
  const y = forAllPorts(`${path}.y`, samples.y, ports.outputs, isValues).map(toArray);
  const size = x[0]!.shape[0]!;
  const ofClasses = forEachPort('classWeights', classWeights, ports.outputs, isClassWeights);
  const weights = forEachPort(`${path}.weights`, samples.weights, ports.outputs, isNumbers).map(({ value }, i) => {
    const own = Float32Array.from(value ?? new Float32Array(size).fill(1));
    return weighClasses(own, y[i]!, ofClasses[i]!.value);
  });
  checkSizes(path, size, {
    inputs: x.map(rowsOf),
    targets: y.map(rowsOf),
    weights: weights.map(({ length }) => length),
  });
  return { size, x, y, weights };
}

const rowsOf = ({ shape }: ArrayInput): number => shape[0]!;

function checkSizes(path: string, size: number, counts: Readonly<Record<string, readonly number[]>>): void {
  if (size > 0 && Object.values(counts).every((list) => list.every((count) => count === size))) return;
  const found = Object.entries(counts).map(([what, list]) => `${list.join(' and ')} ${what}`);
  throw new SkeinError(
    'SHAPE',
    `${path}: expected as many targets and weights as inputs (at least 1), got ${found.join(', ')}`,
  );
}

/** An array whose length fits its shape; one dimension is one column. */
function toArray({ path, value }: Placed<Values>): ArrayInput {
  const { shape } = value;
  const data = value instanceof Tensor ? (value.dataSync() as NumberArray) : value.data;
  const expected = shape.reduce((product, n) => product * n, 1);
  if (data.length !== expected || shape.length === 0) {
    throw new SkeinError('SHAPE', `${path}: expected ${expected} numbers for shape [${shape}], got ${data.length}`);
  }
  return { data, shape: shape.length === 1 ? [shape[0]!, 1] : shape };
}

function inputArray(placed: Placed<Values>, { shape }: Port): ArrayInput {
  const array = toArray(placed);
  const fits = array.shape.length === shape.length && shape.every((n, i) => n === null || n === array.shape[i]);
  if (fits) return array;
  const expected = shape.map((size, i) => size ?? (i === 0 ? 'batch' : 'any'));
  throw new SkeinError(
    'SHAPE',
    `${placed.path}: expected shape [${expected.join(', ')}], got [${array.shape.join(', ')}]`,
    {
      details: { path: placed.path, expected, found: array.shape },
    },
  );
}

/** Sample weights times the weights of their classes. */
function weighClasses(
  weights: Float32Array,
  { data, shape }: ArrayInput,
  ofClasses: ClassWeights | undefined,
): Float32Array {
  if (ofClasses === undefined) return weights;
  const width = data.length / shape[0]!;
  return weights.map((own, i) => own * (ofClasses[classOf(data.subarray(i * width, (i + 1) * width))] ?? 1));
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
