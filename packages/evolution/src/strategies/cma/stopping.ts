/** When CMA-ES sees no use in going on. Names and values as in pycma. */

/** Tolerances of the stopping rules. */
export interface CmaTolerances {
  /** Stop when the fitness of the generation and of the recent bests differ by less. */
  readonly tolFun: number;
  /** Stop when the recent bests alone differ by less. */
  readonly tolFunHistory: number;
  /** Stop when every step, relative to the search coordinates, is smaller. */
  readonly tolX: number;
  /** Stop when the axis lengths of the distribution differ by more than the root of this. */
  readonly conditionLimit: number;
  /** Stop when a step has grown by this factor: the first one was much too small, or there is no minimum. */
  readonly tolFacUpX: number;
  /** Generations with equal fitness of most individuals that are tolerated. */
  readonly tolFlat: number;
}
export const cmaTolerances: CmaTolerances = {
  tolFun: 1e-11,
  tolFunHistory: 1e-12,
  tolX: 1e-11,
  conditionLimit: 1e14,
  tolFacUpX: 1e3,
  tolFlat: 1,
};

/** What the rules look at. Fitness here is minimised. */
export interface CmaSituation {
  readonly n: number;
  readonly lambda: number;
  readonly generation: number;
  readonly sigma: number;
  readonly firstSigma: number;
  readonly mean: Float64Array;
  /** Roots of the diagonal of C. */
  readonly deviations: Float64Array;
  /** Axis lengths of C, ascending, and its axes by rows; null for a diagonal C. */
  readonly axes: { readonly lengths: Float64Array; readonly directions: Float64Array | null };
  readonly path: Float64Array;
  /** Fitness of the latest generation from best to worst. */
  readonly sorted: Float64Array;
  /** Best and median of every generation, oldest first. */
  readonly bests: readonly number[];
  readonly medians: readonly number[];
  readonly flatGenerations: number;
  readonly bestGeneration: number;
}

/** The name of the first rule that says stop, or null. */
export function cmaStopReason(s: CmaSituation, t: CmaTolerances): string | null {
  const steps = s.deviations.map((d) => d * s.sigma);
  const recent = s.bests.slice(-Math.floor(10 + (30 * s.n) / s.lambda));
  const historyRange = range(recent);
  const rules: Readonly<Record<string, () => boolean>> = {
    tolFacUpX: () => steps.some((step) => step > s.firstSigma * t.tolFacUpX),
    tolX: () => steps.every((step) => step < t.tolX) && s.path.every((p) => s.sigma * p < t.tolX),
    tolFun: () => historyRange < t.tolFun && range(s.sorted) < t.tolFun,
    tolFunHistory: () => recent.length > 9 && historyRange < t.tolFunHistory,
    tolFlat: () => s.flatGenerations > t.tolFlat,
    condition: () => s.axes.lengths.at(-1)! > Math.sqrt(t.conditionLimit) * s.axes.lengths[0]!,
    noEffectCoordinate: () => steps.some((step, j) => s.mean[j] === s.mean[j]! + 0.2 * step),
    noEffectAxis: () => noEffectAxis(s),
    stagnation: () => stagnates(s),
    maxGenerations: () => s.generation >= 100 + Math.floor((150 * (s.n + 3) ** 2) / Math.sqrt(s.lambda)),
  };
  return Object.keys(rules).find((name) => rules[name]!()) ?? null;
}

const range = (values: ArrayLike<number>): number => {
  let [least, most] = [Infinity, -Infinity];
  for (let k = 0; k < values.length; k++) {
    least = Math.min(least, values[k]!);
    most = Math.max(most, values[k]!);
  }
  return most - least;
};

/** True if a tenth of a step along one axis (another one each generation) changes no coordinate of the mean. */
function noEffectAxis({ axes, mean, generation, n, sigma }: CmaSituation): boolean {
  if (axes.directions === null) return false;
  const i = generation % n;
  const step = 0.1 * sigma * axes.lengths[i]!;
  return mean.every((m, j) => m === m + step * axes.directions![i * n + j]!);
}

/**
 * True if neither bests nor medians have improved: the median of the last stretch is no better than that of the stretch
 * before. Looked at every tenth generation.
 */
function stagnates({ n, lambda, generation, bests, medians, bestGeneration }: CmaSituation): boolean {
  const patience = Math.floor(100 + (100 * n ** 1.5) / lambda);
  const stretch = Math.floor(Math.max(patience / 10, bests.length / 10));
  const mature = generation > n * (5 + 100 / lambda) && bests.length > 100 && 2 * stretch < bests.length;
  if (generation % 10 !== 0 || !mature || generation - bestGeneration <= patience / 2) return false;
  return [medians, bests].every(
    (history) => median(history.slice(-stretch)) >= median(history.slice(-2 * stretch, -stretch)),
  );
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
