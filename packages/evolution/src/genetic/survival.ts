/** Survivals: who of the parents and the offspring forms the next generation. */

import { SkeinError } from '@skein/core';
import { highest } from '../population.ts';
import type { Distance } from '../selection/selection.ts';

/** What a survival may look at. Parents have the indices 0..N-1, offspring N, N+1, ... in the order of asking. */
export interface SurvivalContext {
  /** Population size N. */
  readonly size: number;
  /** Scores of the parents and then of the offspring, higher is better. */
  readonly scores: Float64Array;
  /** Index of the parent that each offspring began as a copy of. */
  readonly parentOf: Int32Array;
  readonly distance: Distance;
}

/** Chooses the next generation. Make one with `generational`, `plus`, `comma`, `steadyState`, `crowding`. */
export interface Survival {
  readonly label: string;
  /** How many offspring a generation of N parents has. */
  offspring(size: number): number;
  /** Indices of the N survivors. */
  survive(context: SurvivalContext): Int32Array;
}

/** The offspring replace their parents, except for the best `elitism` parents, default 0. */
export function generational(options: { readonly elitism?: number } = {}): Survival {
  const elitism = options.elitism ?? 0;
  if (!Number.isInteger(elitism) || elitism < 0) {
    throw new SkeinError('INPUT', `generational(elitism): expected an integer that is not negative, got ${elitism}`);
  }
  return {
    label: `generational(${elitism})`,
    offspring: (size) => Math.max(1, size - elitism),
    survive: ({ size, scores }) => {
      const offspring = Math.max(1, size - elitism);
      const elite = highest(scores.subarray(0, size), size - offspring);
      return Int32Array.from({ length: size }, (_, i) => (i < elite.length ? elite[i]! : size + i - elite.length));
    },
  };
}

/** The best N of parents and offspring together. `offspring` gives their number, default N. */
export function plus(options: { readonly offspring?: number } = {}): Survival {
  return {
    label: 'plus',
    offspring: (size) => options.offspring ?? size,
    survive: ({ size, scores }) => highest(scores, size),
  };
}

/** The best N of `offspring` children (default 7 N); the parents die. Needs at least N children. */
export function comma(options: { readonly offspring?: number } = {}): Survival {
  return {
    label: 'comma',
    offspring: (size) => Math.max(size, options.offspring ?? 7 * size),
    survive: ({ size, scores }) => highest(scores.subarray(size), size).map((i) => size + i),
  };
}

/** `replaced` offspring a generation (default 2) take the places of the worst parents, good or bad. */
export function steadyState(replaced = 2): Survival {
  if (!Number.isInteger(replaced) || replaced < 1) {
    throw new SkeinError('INPUT', `steadyState(replaced): expected a positive integer, got ${replaced}`);
  }
  return {
    label: `steadyState(${replaced})`,
    offspring: (size) => Math.min(replaced, size),
    survive: ({ size, scores }) => {
      const kept = Math.max(0, size - replaced);
      const best = highest(scores.subarray(0, size), kept);
      return Int32Array.from({ length: size }, (_, i) => (i < kept ? best[i]! : size + i - kept));
    },
  };
}
