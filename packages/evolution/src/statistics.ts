/** Statistics of a generation. */

import { bestIndex, type Evaluated } from './population.ts';

/** What a generation looked like; fitness as told, so smaller is better when minimising. */
export interface GenerationReport {
  /** 1 for the first population. */
  readonly generation: number;
  /** Individuals evaluated so far. */
  readonly evaluations: number;
  /** Best fitness in this generation. */
  readonly best: number;
  readonly mean: number;
  readonly worst: number;
  /** Standard deviation of the fitness. */
  readonly deviation: number;
  /** Best fitness of all generations so far. */
  readonly bestEver: number;
  /** 0 when all individuals are equal, about 1 for a random population; NaN when it is not measured. */
  readonly diversity: number;
}

/** Best, mean, worst and standard deviation of finite fitness values; the best may be infinite. */
export function fitnessStatistics(
  { fitness }: Evaluated,
  maximise: boolean,
): Pick<GenerationReport, 'best' | 'mean' | 'worst' | 'deviation'> {
  const finite = fitness.filter(Number.isFinite);
  const mean = finite.reduce((sum, f) => sum + f, 0) / finite.length;
  const variance = finite.reduce((sum, f) => sum + (f - mean) ** 2, 0) / finite.length;
  return {
    best: fitness[bestIndex(fitness, maximise)] as number,
    mean,
    worst: fitness[bestIndex(fitness, !maximise)] as number,
    deviation: Math.sqrt(variance),
  };
}
