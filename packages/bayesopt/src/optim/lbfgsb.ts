/**
 * L-BFGS with bounds: limited-memory quasi-Newton steps in the variables that are not held at a bound, and a weak Wolfe
 * line search along the path projected onto the box (Bertsekas, "Projected Newton methods", SIAM J. Control Optim. 20,
 * 1982; Nocedal and Wright, "Numerical Optimization", chapters 3 and 7).
 *
 * Notation. x: point [d]. g: gradient [d]. s, y: differences of successive points and gradients. P: projection onto the
 * box. A variable is held when it sits at a bound and the gradient pushes it outwards.
 */

import { dot } from '../linalg/dot.ts';

/** A function to minimise: fills `gradient` [d] and returns the value at `x` [d]. It may return NaN or Infinity. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsbOptions {
  /** Bounds, one a variable; default unbounded. */
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** Pairs of differences that are kept. */
  readonly memory: number;
  readonly maxIterations: number;
  /** Stop when no component of P(x - g) - x is larger. */
  readonly gradientTolerance: number;
  /** Stop when a step reduces the value by less than this, relative to max(|f|, 1). */
  readonly valueTolerance: number;
}

export const lbfgsbDefaults = {
  memory: 10,
  maxIterations: 200,
  gradientTolerance: 1e-5,
  valueTolerance: 2.2e-9,
} as const satisfies LbfgsbOptions;

/** Where a minimisation ended, and why. */
export interface LbfgsbResult {
  readonly x: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly iterations: number;
  readonly evaluations: number;
  readonly reason: 'gradient' | 'value' | 'iterations' | 'line-search' | 'not-finite';
}

const ARMIJO = 1e-4;
const CURVATURE = 0.9;
const MAX_TRIALS = 20;

/** A point with its value and gradient. */
interface Iterate {
  x: Float64Array;
  value: number;
  gradient: Float64Array;
}

/** One pair of the quasi-Newton memory. */
interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
}

/** Minimises `objective` from `start` [d] (projected onto the box). Never throws on bad values: see `reason`. */
export function lbfgsb(
  objective: Objective,
  start: ArrayLike<number>,
  given: Partial<LbfgsbOptions> = {},
): LbfgsbResult {
  const options: LbfgsbOptions = { ...lbfgsbDefaults, ...given };
  const box = new Box(start.length, options.lower, options.upper);
  let evaluations = 0;
  const evaluate = (x: Float64Array): Iterate => {
    evaluations++;
    const gradient = new Float64Array(x.length);
    const value = objective(x, gradient);
    return { x, value: gradient.every(Number.isFinite) ? value : Number.NaN, gradient };
  };
  let current = evaluate(box.project(Float64Array.from(start)));
  const pairs: Pair[] = [];
  const result = (reason: LbfgsbResult['reason'], iterations: number): LbfgsbResult => ({
    ...current,
    iterations,
    evaluations,
    reason,
  });
  if (!Number.isFinite(current.value)) return result('not-finite', 0);
  for (let iteration = 0; iteration < options.maxIterations; iteration++) {
    if (box.projectedGradientNorm(current) <= options.gradientTolerance) return result('gradient', iteration);
    let next = lineSearch(evaluate, box, current, searchDirection(current, pairs, box), pairs.length === 0);
    if (next === null && pairs.length > 0) {
      pairs.length = 0;
      next = lineSearch(evaluate, box, current, searchDirection(current, pairs, box), true);
    }
    if (next === null) return result('line-search', iteration);
    remember(pairs, current, next, options.memory);
    const scale = Math.max(Math.abs(current.value), Math.abs(next.value), 1);
    const reduction = (current.value - next.value) / scale;
    current = next;
    if (reduction <= options.valueTolerance) return result('value', iteration + 1);
  }
  return result('iterations', options.maxIterations);
}

/** The feasible box. */
class Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;

  constructor(d: number, lower?: ArrayLike<number>, upper?: ArrayLike<number>) {
    this.lower = lower === undefined ? new Float64Array(d).fill(-Infinity) : Float64Array.from(lower);
    this.upper = upper === undefined ? new Float64Array(d).fill(Infinity) : Float64Array.from(upper);
  }

  project(x: Float64Array): Float64Array {
    for (let i = 0; i < x.length; i++) x[i] = Math.min(this.upper[i]!, Math.max(this.lower[i]!, x[i]!));
    return x;
  }

  isHeld({ x, gradient }: Iterate, i: number): boolean {
    const g = gradient[i]!;
    return (g > 0 && x[i]! <= this.lower[i]!) || (g < 0 && x[i]! >= this.upper[i]!);
  }

  /** Largest component of P(x - g) - x. */
  projectedGradientNorm({ x, gradient }: Iterate): number {
    let norm = 0;
    for (let i = 0; i < x.length; i++) {
      const moved = Math.min(this.upper[i]!, Math.max(this.lower[i]!, x[i]! - gradient[i]!));
      norm = Math.max(norm, Math.abs(moved - x[i]!));
    }
    return norm;
  }
}

/** Two-loop recursion over the free variables; steepest descent if that is no descent direction. */
function searchDirection(current: Iterate, pairs: readonly Pair[], box: Box): Float64Array {
  const d = current.x.length;
  const free = Float64Array.from(current.x, (_, i) => (box.isHeld(current, i) ? 0 : 1));
  const steepest = current.gradient.map((g, i) => -g * free[i]!);
  const direction = steepest.slice();
  const used: { s: Float64Array; y: Float64Array; rho: number; alpha: number }[] = [];
  for (let p = pairs.length - 1; p >= 0; p--) {
    const s = pairs[p]!.s.map((v, i) => v * free[i]!);
    const y = pairs[p]!.y.map((v, i) => v * free[i]!);
    const sy = dot(s, 0, y, 0, d);
    if (!(sy > 1e-10 * dot(y, 0, y, 0, d))) continue;
    const alpha = dot(s, 0, direction, 0, d) / sy;
    for (let i = 0; i < d; i++) direction[i]! -= alpha * y[i]!;
    used.push({ s, y, rho: 1 / sy, alpha });
  }
  const newest = used[0];
  if (newest === undefined) return steepest;
  const gamma = 1 / (newest.rho * dot(newest.y, 0, newest.y, 0, d));
  for (let i = 0; i < d; i++) direction[i]! *= gamma;
  for (const { s, y, rho, alpha } of used.reverse()) {
    const beta = rho * dot(y, 0, direction, 0, d);
    for (let i = 0; i < d; i++) direction[i]! += (alpha - beta) * s[i]!;
  }
  return dot(direction, 0, current.gradient, 0, d) < 0 ? direction : steepest;
}

/** The next iterate along P(x + t direction) under the weak Wolfe conditions; null if no step reduces the value. */
function lineSearch(
  evaluate: (x: Float64Array) => Iterate,
  box: Box,
  from: Iterate,
  direction: Float64Array,
  first: boolean,
): Iterate | null {
  const d = direction.length;
  const slope = dot(direction, 0, from.gradient, 0, d);
  if (!(slope < 0)) return null;
  let t = first ? Math.min(1, 1 / direction.reduce((sum, v) => sum + Math.abs(v), 0)) : 1;
  let low = { t: 0, value: from.value, slope };
  let high = Infinity;
  let best: Iterate | null = null;
  for (let trial = 0; trial < MAX_TRIALS; trial++) {
    const next = evaluate(box.project(from.x.map((v, i) => v + t * direction[i]!)));
    const decrease = from.x.reduce((sum, v, i) => sum + from.gradient[i]! * (next.x[i]! - v), 0);
    if (!(next.value <= from.value + ARMIJO * decrease) || !(decrease < 0)) {
      high = t;
      t = interpolate(low, t, next.value);
      continue;
    }
    if (best === null || next.value < best.value) best = next;
    const along = slopeAlong(box, next, direction);
    if (along >= CURVATURE * slope) return next;
    low = { t, value: next.value, slope: along };
    t = high === Infinity ? 2 * t : 0.5 * (low.t + high);
  }
  return best;
}

/** Directional derivative over the variables that still move. */
function slopeAlong(box: Box, at: Iterate, direction: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < direction.length; i++) {
    const stuck = direction[i]! > 0 ? at.x[i]! >= box.upper[i]! : at.x[i]! <= box.lower[i]!;
    if (!stuck) sum += direction[i]! * at.gradient[i]!;
  }
  return sum;
}

/** Minimiser of the parabola through value and slope at `low` and the value at `t`, kept within the middle. */
function interpolate(low: { t: number; value: number; slope: number }, t: number, value: number): number {
  const width = t - low.t;
  const curvature = value - low.value - low.slope * width;
  const step = (-0.5 * low.slope * width * width) / curvature;
  if (!Number.isFinite(step)) return low.t + 0.1 * width;
  return low.t + Math.min(0.5 * width, Math.max(0.1 * width, step));
}

function remember(pairs: Pair[], from: Iterate, to: Iterate, memory: number): void {
  pairs.push({
    s: to.x.map((v, i) => v - from.x[i]!),
    y: to.gradient.map((v, i) => v - from.gradient[i]!),
  });
  if (pairs.length > memory) pairs.shift();
}
