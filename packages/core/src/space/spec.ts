/**
 * Specs describe observations and actions: shape, bounds, name. One object checks values at a process boundary, sizes
 * a network's input and draws samples. Vocabulary of Gymnasium's spaces; `numericSpec` is the notes' `rlNumericSpec`.
 */

import { SkeinError } from '../errors.ts';
import type { Rng } from '../rng.ts';
import { show } from '../schema.ts';

interface SpecBase {
  /** For messages; empty if the spec has no name. */
  readonly name: string;
  readonly description: string;
  /** Shape of one value; [] for a scalar. */
  readonly shape: readonly number[];
  /** Number of scalars in one value: the product of `shape`. */
  readonly size: number;
}

/** Real arrays within bounds (inclusive; may be infinite), one bound an element, row-major. */
export interface BoxSpec extends SpecBase {
  readonly kind: 'box';
  readonly low: Float64Array;
  readonly high: Float64Array;
}
/** Integers start, ..., start + n - 1. */
export interface DiscreteSpec extends SpecBase {
  readonly kind: 'discrete';
  readonly n: number;
  readonly start: number;
}
/** Vectors of integers, element i in [0, counts[i]). */
export interface MultiDiscreteSpec extends SpecBase {
  readonly kind: 'multiDiscrete';
  readonly counts: readonly number[];
}
/** Vectors of n bits. */
export interface MultiBinarySpec extends SpecBase {
  readonly kind: 'multiBinary';
  readonly n: number;
}
export type Spec = BoxSpec | DiscreteSpec | MultiDiscreteSpec | MultiBinarySpec;
/** A value of any spec: an integer for a discrete one, else an array of numbers. */
export type SpecValue = number | ArrayLike<number>;

interface Naming {
  readonly name?: string;
  readonly description?: string;
}

/** What `numericSpec` takes. Bounds are one number for all elements or one an element; default unbounded. */
export interface NumericSpecOptions extends Naming {
  readonly shape: readonly number[];
  readonly low?: number | ArrayLike<number>;
  readonly high?: number | ArrayLike<number>;
}

const naming = (n: Naming) => ({ name: n.name ?? '', description: n.description ?? '' });
const product = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

function bounds(given: number | ArrayLike<number>, size: number, what: string): Float64Array {
  if (typeof given === 'number') return new Float64Array(size).fill(given);
  if (given.length !== size) {
    throw new SkeinError('SHAPE', `${what}: expected one bound or ${size}, got ${given.length}`);
  }
  return Float64Array.from(given);
}

function positiveInteger(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new SkeinError('INPUT', `${what}: expected a positive integer, got ${value}`);
}

/** A continuous observation or action with a shape, bounds, a name and a description. */
export function numericSpec(options: NumericSpecOptions): BoxSpec {
  options.shape.forEach((n, i) => {
    positiveInteger(n, `shape[${i}]`);
  });
  const size = product(options.shape);
  const low = bounds(options.low ?? -Infinity, size, 'low');
  const high = bounds(options.high ?? Infinity, size, 'high');
  const wrong = low.findIndex((value, i) => !(value <= (high[i] as number)));
  if (wrong >= 0)
    throw new SkeinError('INPUT', `bounds[${wrong}]: expected low <= high, got ${low[wrong]} and ${high[wrong]}`);
  return { kind: 'box', shape: [...options.shape], size, low, high, ...naming(options) };
}

/** Gymnasium's name for a numeric spec: `box(-1, 1, [3])`. */
export function box(
  low: number | ArrayLike<number>,
  high: number | ArrayLike<number>,
  shape: readonly number[],
  name?: Naming,
): BoxSpec {
  return numericSpec({ shape, low, high, ...name });
}

/** Integers start, ..., start + n - 1. */
export function discrete(n: number, options: Naming & { readonly start?: number } = {}): DiscreteSpec {
  positiveInteger(n, 'discrete(n)');
  return { kind: 'discrete', n, start: options.start ?? 0, shape: [], size: 1, ...naming(options) };
}

/** Vectors of integers, element i in [0, counts[i]). */
export function multiDiscrete(counts: readonly number[], name: Naming = {}): MultiDiscreteSpec {
  counts.forEach((n, i) => {
    positiveInteger(n, `multiDiscrete counts[${i}]`);
  });
  return { kind: 'multiDiscrete', counts: [...counts], shape: [counts.length], size: counts.length, ...naming(name) };
}

/** Vectors of n bits. */
export function multiBinary(n: number, name: Naming = {}): MultiBinarySpec {
  positiveInteger(n, 'multiBinary(n)');
  return { kind: 'multiBinary', n, shape: [n], size: n, ...naming(name) };
}

const integerIn = (value: number, low: number, count: number): boolean =>
  Number.isInteger(value) && value >= low && value < low + count;

/** What a value of the spec looks like, for messages. */
export function describeSpec(spec: Spec): string {
  switch (spec.kind) {
    case 'discrete':
      return `an integer in [${spec.start}, ${spec.start + spec.n - 1}]`;
    case 'box':
      return `${spec.size} numbers in [${span(spec.low, Math.min)}, ${span(spec.high, Math.max)}], shape [${spec.shape}]`;
    case 'multiDiscrete':
      return `${spec.size} integers, each in [0, n) for n of [${spec.counts}]`;
    case 'multiBinary':
      return `${spec.n} bits`;
    default:
      return spec satisfies never;
  }
}

const span = (values: Float64Array, pick: (a: number, b: number) => number): number =>
  values.reduce((a, b) => pick(a, b));

/** True if the value belongs to the spec. NaN never does. */
export function contains(spec: Spec, value: SpecValue): boolean {
  if (spec.kind === 'discrete') return typeof value === 'number' && integerIn(value, spec.start, spec.n);
  if (typeof value === 'number' || value.length !== spec.size) return false;
  return Array.prototype.every.call(value, (x: number, i: number) => {
    switch (spec.kind) {
      case 'box':
        return x >= (spec.low[i] as number) && x <= (spec.high[i] as number);
      case 'multiDiscrete':
        return integerIn(x, 0, spec.counts[i] as number);
      default:
        return x === 0 || x === 1;
    }
  });
}

/** The value, or an `INPUT` error that names the spec (or `what`), what it expects and what came. */
export function checkSpec<V extends SpecValue>(spec: Spec, value: V, what = spec.name || spec.kind): V {
  if (contains(spec, value)) return value;
  throw new SkeinError('INPUT', `${what}: expected ${describeSpec(spec)}, got ${show(value)}`);
}

/** A random value. Unbounded box elements are standard normal, half-bounded ones exponential (Gymnasium's rule). */
export function sampleSpec(spec: Spec, rng: Rng): number | Float64Array {
  switch (spec.kind) {
    case 'discrete':
      return spec.start + rng.integer(spec.n);
    case 'box':
      return spec.low.map((low, i) => sampleBounded(low, spec.high[i] as number, rng));
    case 'multiDiscrete':
      return Float64Array.from(spec.counts, (n) => rng.integer(n));
    case 'multiBinary':
      return Float64Array.from({ length: spec.n }, () => rng.integer(2));
    default:
      return spec satisfies never;
  }
}

function sampleBounded(low: number, high: number, rng: Rng): number {
  if (Number.isFinite(low) && Number.isFinite(high)) return low + (high - low) * rng.uniform();
  if (Number.isFinite(low)) return low - Math.log(1 - rng.uniform());
  if (Number.isFinite(high)) return high + Math.log(1 - rng.uniform());
  return rng.normal();
}
