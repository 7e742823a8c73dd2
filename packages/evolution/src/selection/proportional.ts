/**
 * Selections in which an individual's expected copies are proportional to its weight: N spins of a roulette wheel, or
 * one spin of a wheel with evenly spaced pointers (Baker 1987).
 * Law: with weights w, individual i is expected `count` * w[i] / sum(w) times.
 */

import { type Rng, SkeinError } from '@skein/core';
import { descending } from '../population.ts';
import type { Selection } from './selection.ts';

/**
 * How scores become weights.
 * `none`: the score itself, which must not be negative (the classical rule).
 * `window`: the score above the worst one.
 * `sigma`: the score above the mean minus two standard deviations, not below zero (Goldberg's sigma truncation).
 */
export type Scaling = 'none' | 'window' | 'sigma';

/**
 * Roulette wheel: every parent is an independent spin in which an individual's slot is as wide as its score. With the
 * default scaling negative scores are refused (`INPUT`), because a slot cannot have a negative width.
 */
export function roulette(options: { readonly scaling?: Scaling } = {}): Selection {
  const scaling = options.scaling ?? 'none';
  return {
    label: scaling === 'none' ? 'roulette' : `roulette(${scaling})`,
    select: (scores, count, rng) => spin(weightsOf(scores, scaling), count, rng),
  };
}

/** Stochastic universal sampling: as roulette, but the copies differ from the expected number by less than one. */
export function stochasticUniversal(options: { readonly scaling?: Scaling } = {}): Selection {
  const scaling = options.scaling ?? 'none';
  return {
    label: scaling === 'none' ? 'stochasticUniversal' : `stochasticUniversal(${scaling})`,
    select: (scores, count, rng) => pointers(weightsOf(scores, scaling), count, rng),
  };
}

/**
 * Linear ranking (Baker 1985): the best is expected `pressure` times, the worst 2 - `pressure` times, the others by
 * rank in between; `pressure` is in [1, 2], default 1.7. Only the order of the scores matters. Drawn by stochastic
 * universal sampling.
 */
export function rank(options: { readonly pressure?: number } = {}): Selection {
  const pressure = options.pressure ?? 1.7;
  if (!(pressure >= 1 && pressure <= 2)) {
    throw new SkeinError('INPUT', `rank(pressure): expected a number in [1, 2], got ${pressure}`);
  }
  return {
    label: `rank(${pressure})`,
    select: (scores, count, rng) => pointers(rankWeights(scores, pressure), count, rng),
  };
}

function rankWeights(scores: Float64Array, pressure: number): Float64Array {
  const weights = new Float64Array(scores.length);
  const last = Math.max(1, scores.length - 1);
  descending(scores).forEach((individual, place) => {
    weights[individual] = pressure - (2 * (pressure - 1) * place) / last;
  });
  return weights;
}

/** Non-negative weights of the scores; all equal when the scores give none. */
export function weightsOf(scores: Float64Array, scaling: Scaling): Float64Array {
  const base = baseline(scores, scaling);
  const weights = scores.map((score) => (score === -Infinity ? 0 : score - base));
  if (scaling === 'none') refuseNegative(weights);
  else for (let i = 0; i < weights.length; i++) weights[i] = Math.max(0, weights[i]!);
  return weights.some((w) => w > 0) ? weights : weights.fill(1);
}

function baseline(scores: Float64Array, scaling: Scaling): number {
  if (scaling === 'none') return 0;
  const finite = scores.filter((score) => score > -Infinity);
  if (scaling === 'window') return finite.reduce((least, score) => Math.min(least, score), Infinity);
  const mean = finite.reduce((sum, score) => sum + score, 0) / finite.length;
  const variance = finite.reduce((sum, score) => sum + (score - mean) ** 2, 0) / finite.length;
  return mean - 2 * Math.sqrt(variance);
}

function refuseNegative(weights: Float64Array): void {
  const wrong = weights.findIndex((w) => !(w >= 0 && w < Infinity));
  if (wrong < 0) return;
  throw new SkeinError(
    'INPUT',
    `roulette: score ${wrong}: expected a finite number that is not negative, got ${weights[wrong]}`,
    {
      advice:
        "add a constant to the fitness, use roulette({ scaling: 'window' }), or select by rank() or tournament(); when minimising, scores are negated",
      details: { individual: wrong },
    },
  );
}

function spin(weights: Float64Array, count: number, rng: Rng): Int32Array {
  const edges = cumulative(weights);
  const total = edges[edges.length - 1] as number;
  return Int32Array.from({ length: count }, () => slotAt(edges, rng.uniform() * total));
}

function pointers(weights: Float64Array, count: number, rng: Rng): Int32Array {
  const edges = cumulative(weights);
  const step = (edges[edges.length - 1] as number) / count;
  const start = rng.uniform();
  const chosen = new Int32Array(count);
  for (let k = 0, slot = 0; k < count; k++) {
    while (slot < edges.length - 1 && edges[slot]! <= (k + start) * step) slot++;
    chosen[k] = slot;
  }
  return chosen;
}

/** Right edges of the slots on the wheel. */
function cumulative(weights: Float64Array): Float64Array {
  const edges = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    edges[i] = sum;
  }
  return edges;
}

/** The first slot whose right edge lies beyond `at` (binary search); empty slots are never hit. */
function slotAt(edges: Float64Array, at: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
