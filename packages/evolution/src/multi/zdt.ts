/**
 * The ZDT problems with two objectives (Zitzler, Deb and Thiele 2000), to be minimised. Each knows its Pareto front and
 * the exact hypervolume of the front up to (1.1, 1.1).
 */

import type { Encoding } from '../encodings/encoding.ts';
import { reals } from '../encodings/numbers.ts';
import { bits } from '../encodings/strings.ts';
import type { Mutation } from '../mutation/mutation.ts';
import { polynomial } from '../mutation/reals.ts';
import type { Genes } from '../population.ts';

/** A problem with several objectives and a known front. */
export interface MultiObjectiveProblem<V = unknown, G extends Genes = Genes> {
  readonly name: string;
  readonly encoding: Encoding<V, G>;
  /** A mutation that suits it better than the encoding's default. */
  readonly mutation?: Mutation<G>;
  objectives(value: V): readonly number[];
  /** About n points of the true front, in order of the first objective. */
  front(n?: number): readonly (readonly [number, number])[];
  /** Worse than every point of the front. */
  readonly reference: readonly [number, number];
  /** Hypervolume of the whole front up to the reference point. */
  readonly bestHypervolume: number;
}

type RealProblem = MultiObjectiveProblem<Float64Array, Float64Array>;

const REFERENCE = [1.1, 1.1] as const;

/** g = 1 + 9 times the mean of all but the first. */
const linearG = (x: Float64Array): number => 1 + (9 * x.subarray(1).reduce((sum, xj) => sum + xj, 0)) / (x.length - 1);

/** f1 = x1, f2 = g h(f1, g): what ZDT1 to ZDT4 share. */
function zdt(
  name: string,
  encoding: Encoding<Float64Array, Float64Array>,
  g: (x: Float64Array) => number,
  h: (f1: number, g: number) => number,
  bestHypervolume: number,
): RealProblem {
  return {
    name,
    encoding,
    objectives: (x) => {
      const gx = g(x);
      return [x[0]!, gx * h(x[0]!, gx)];
    },
    front: (n = 100) => nondominated(Array.from({ length: n }, (_, k) => [k / (n - 1), h(k / (n - 1), 1)] as const)),
    reference: REFERENCE,
    bestHypervolume,
  };
}

/** The points, in order of the first objective, that improve the second. */
function nondominated(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  let lowest = Infinity;
  return points.filter(([, f2]) => {
    const better = f2 < lowest;
    lowest = Math.min(lowest, f2);
    return better;
  });
}

const convex = (f1: number, g: number): number => 1 - Math.sqrt(f1 / g);
const concave = (f1: number, g: number): number => 1 - (f1 / g) ** 2;

/** Convex front. */
export const zdt1 = (n = 30): RealProblem => zdt('zdt1', reals(n, 0, 1), linearG, convex, 0.876666667);
/** Concave front. */
export const zdt2 = (n = 30): RealProblem => zdt('zdt2', reals(n, 0, 1), linearG, concave, 0.543333333);
/** Five separate pieces. */
export const zdt3 = (n = 30): RealProblem =>
  zdt(
    'zdt3',
    reals(n, 0, 1),
    linearG,
    (f1, g) => 1 - Math.sqrt(f1 / g) - (f1 / g) * Math.sin(10 * Math.PI * f1),
    1.331763,
  );

/** 21^9 local fronts: g is Rastrigin's function of all variables but the first, which lie in [-5, 5]. */
export function zdt4(n = 10): RealProblem {
  const bound = (first: number, others: number) =>
    Float64Array.from({ length: n }, (_, j) => (j === 0 ? first : others));
  const g = (x: Float64Array) =>
    1 + 10 * (n - 1) + x.subarray(1).reduce((sum, xj) => sum + xj * xj - 10 * Math.cos(4 * Math.PI * xj), 0);
  const problem = zdt('zdt4', reals(n, bound(0, -5), bound(1, 5)), g, convex, 0.876666667);
  // Half a mutation an individual: the last steps to the front are small ones.
  return { ...problem, mutation: polynomial({ rate: 1 / (2 * n) }) };
}

/** Bit strings: one of 30 bits and ten of 5, deceptive. f1 is 1 to 31, the front f2 = 10 / f1. */
export function zdt5(): MultiObjectiveProblem<Uint8Array, Uint8Array> {
  const ones = (string: Uint8Array): number => string.reduce((sum, bit) => sum + bit, 0);
  const deceptive = (u: number): number => (u === 5 ? 1 : 2 + u);
  const front = Array.from({ length: 31 }, (_, k) => [k + 1, 10 / (k + 1)] as const);
  return {
    name: 'zdt5',
    encoding: bits(80),
    objectives: (string) => {
      const f1 = 1 + ones(string.subarray(0, 30));
      let g = 0;
      for (let k = 30; k < 80; k += 5) g += deceptive(ones(string.subarray(k, k + 5)));
      return [f1, g / f1];
    },
    front: () => front,
    reference: [35, 12],
    // The staircase under the 31 points.
    bestHypervolume: front.reduce((sum, [f1, f2], k) => sum + (35 - f1) * ((front[k - 1]?.[1] ?? 12) - f2), 0),
  };
}

/** Concave, and points are rarer towards the front and towards small f1. */
export function zdt6(n = 10): RealProblem {
  const f1 = (x1: number): number => 1 - Math.exp(-4 * x1) * Math.sin(6 * Math.PI * x1) ** 6;
  const smallest = 0.2807753191;
  return {
    ...zdt('zdt6', reals(n, 0, 1), linearG, concave, 0.507878),
    objectives: (x) => {
      const g = 1 + 9 * (x.subarray(1).reduce((sum, xj) => sum + xj, 0) / (n - 1)) ** 0.25;
      const first = f1(x[0]!);
      return [first, g * concave(first, g)];
    },
    front: (count = 100) =>
      Array.from({ length: count }, (_, k) => {
        const first = smallest + ((1 - smallest) * k) / (count - 1);
        return [first, 1 - first * first] as const;
      }),
  };
}
