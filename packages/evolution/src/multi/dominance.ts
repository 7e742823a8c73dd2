/**
 * Pareto dominance. All objectives are minimised here.
 * Notation. F: objective values, [N, M] row-major. a dominates b if it is nowhere worse and somewhere better.
 */

/** Objective values of N individuals. */
export interface ObjectiveTable {
  /** [size, objectives] row-major. */
  readonly values: Float64Array;
  readonly size: number;
  readonly objectives: number;
}

/** True if individual a is nowhere worse than b and somewhere better. */
export function dominates({ values, objectives }: ObjectiveTable, a: number, b: number): boolean {
  let better = false;
  for (let m = 0; m < objectives; m++) {
    const difference = values[a * objectives + m]! - values[b * objectives + m]!;
    if (difference > 0) return false;
    if (difference < 0) better = true;
  }
  return better;
}

/**
 * Fronts of non-dominated individuals among `members` (default all), best first, by efficient non-dominated sort: in
 * lexicographic order nobody is dominated by a later one, so each joins the first front in which nobody dominates it
 * (Zhang et al. 2015).
 */
export function nondominatedFronts(table: ObjectiveTable, members?: readonly number[]): number[][] {
  const order = [...(members ?? Array.from({ length: table.size }, (_, i) => i))];
  order.sort((a, b) => lexicographic(table, a, b));
  const fronts: number[][] = [];
  for (const i of order) {
    const home = fronts.find((front) => !dominatedIn(table, front, i));
    if (home === undefined) fronts.push([i]);
    else home.push(i);
  }
  return fronts;
}

function lexicographic({ values, objectives }: ObjectiveTable, a: number, b: number): number {
  for (let m = 0; m < objectives; m++) {
    const order = compare(values[a * objectives + m]!, values[b * objectives + m]!);
    if (order !== 0) return order;
  }
  return a - b;
}

/** Order of two numbers; unlike their difference it is defined for infinities, which stand for failed evaluations. */
const compare = (x: number, y: number): number => (x < y ? -1 : x > y ? 1 : 0);

/** Distance of two neighbours relative to the range of their front; two infinities are at the same place. */
const relativeGap = (low: number, high: number, range: number): number =>
  low === high ? 0 : (high - low) / (Number.isFinite(range) && range > 0 ? range : 1);

function dominatedIn(table: ObjectiveTable, front: readonly number[], i: number): boolean {
  // With two objectives the latest member has the smallest second one: it dominates if any does.
  const first = table.objectives === 2 ? front.length - 1 : 0;
  for (let k = front.length - 1; k >= first; k--) if (dominates(table, front[k]!, i)) return true;
  return false;
}

/**
 * Fronts under constraints (Deb's constrained domination): feasible individuals by dominance, then the infeasible ones
 * by violation, each of them worse than all before.
 */
export function constrainedFronts(table: ObjectiveTable, violation: Float64Array): number[][] {
  const all = Array.from({ length: table.size }, (_, i) => i);
  const feasible = all.filter((i) => violation[i]! <= 0);
  const infeasible = all.filter((i) => violation[i]! > 0).sort((a, b) => violation[a]! - violation[b]!);
  return [...nondominatedFronts(table, feasible), ...infeasible.map((i) => [i])];
}

/**
 * Crowding distance of the members of a front (Deb et al. 2002): the sum over the objectives of the gap between the
 * neighbours on both sides, relative to the front's range; infinite at the ends.
 */
export function crowdingDistances(table: ObjectiveTable, front: readonly number[]): Float64Array {
  const distances = new Float64Array(front.length);
  for (let m = 0; m < table.objectives; m++) {
    const f = (k: number): number => table.values[front[k]! * table.objectives + m]!;
    const order = Array.from({ length: front.length }, (_, k) => k).sort((a, b) => compare(f(a), f(b)));
    const range = f(order.at(-1)!) - f(order[0]!);
    distances[order[0]!] = Infinity;
    distances[order.at(-1)!] = Infinity;
    for (let k = 1; k + 1 < order.length; k++) {
      distances[order[k]!]! += relativeGap(f(order[k - 1]!), f(order[k + 1]!), range);
    }
  }
  return distances;
}

/**
 * The `keep` members of a front that remain when again and again the most crowded one is taken out. Distances are
 * brought up to date after each removal, which leaves the front more even than one cut by the first distances.
 */
export function pruneByCrowding(table: ObjectiveTable, front: readonly number[], keep: number): number[] {
  const chains = Array.from({ length: table.objectives }, (_, m) => new Chain(table, front, m));
  const distance = (k: number): number => chains.reduce((sum, chain) => sum + chain.gap(k), 0);
  const distances = Float64Array.from(front, (_, k) => distance(k));
  const removed = new Set<number>();
  while (front.length - removed.size > keep) {
    const worst = smallest(distances);
    removed.add(worst);
    distances[worst] = Number.NaN;
    for (const chain of chains) {
      for (const neighbour of chain.remove(worst)) distances[neighbour] = distance(neighbour);
    }
  }
  return front.filter((_, k) => !removed.has(k));
}

/** Index of the smallest value that is a number. */
function smallest(values: Float64Array): number {
  let best = -1;
  for (let k = 0; k < values.length; k++) {
    if (!Number.isNaN(values[k]!) && (best < 0 || values[k]! < values[best]!)) best = k;
  }
  return best;
}

/** The members of a front in the order of one objective, as a linked list. */
class Chain {
  readonly #value: (k: number) => number;
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  readonly #range: number;

  constructor(table: ObjectiveTable, front: readonly number[], m: number) {
    this.#value = (k) => table.values[front[k]! * table.objectives + m]!;
    const order = Array.from({ length: front.length }, (_, k) => k).sort((a, b) =>
      compare(this.#value(a), this.#value(b)),
    );
    this.#before = new Int32Array(front.length).fill(-1);
    this.#after = new Int32Array(front.length).fill(-1);
    for (let k = 1; k < order.length; k++) {
      this.#before[order[k]!] = order[k - 1]!;
      this.#after[order[k - 1]!] = order[k]!;
    }
    this.#range = this.#value(order.at(-1)!) - this.#value(order[0]!);
  }

  /** The gap between the neighbours of member k, infinite at the ends. */
  gap(k: number): number {
    const [before, after] = [this.#before[k]!, this.#after[k]!];
    return before < 0 || after < 0 ? Infinity : relativeGap(this.#value(before), this.#value(after), this.#range);
  }

  /** Takes member k out; gives its neighbours. */
  remove(k: number): number[] {
    const [before, after] = [this.#before[k]!, this.#after[k]!];
    if (before >= 0) this.#after[before] = after;
    if (after >= 0) this.#before[after] = before;
    return [before, after].filter((neighbour) => neighbour >= 0);
  }
}
