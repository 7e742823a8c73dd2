/** The operators that an encoding gets when none are named. */

import { order } from '../crossover/permutations.ts';
import { onePoint } from '../crossover/points.ts';
import { sbx } from '../crossover/sbx.ts';
import type { Domain } from '../encodings/encoding.ts';
import { inversion } from '../mutation/permutations.ts';
import { polynomial } from '../mutation/reals.ts';
import { bitFlip } from '../mutation/strings.ts';
import type { Genes } from '../population.ts';
import { tournament } from '../selection/competitive.ts';
import { roulette } from '../selection/proportional.ts';
import type { BreedingOperators } from './breed.ts';
import { generational, plus, type Survival } from './survival.ts';

/** The operators of a genetic algorithm. */
export interface GeneticOperators<G extends Genes = Genes> extends BreedingOperators<G> {
  readonly survival: Survival;
}

/**
 * Strings: one-point crossover of every couple, point mutation of every gene with probability 1/L, offspring replace
 * their parents; roulette when maximising, binary tournament when minimising (a roulette needs larger-is-better).
 * Numbers: binary tournament, SBX (eta 15) of nine couples in ten, polynomial mutation (eta 20), the best of parents
 * and offspring survive. Permutations: the same with order crossover and inversion.
 */
export function defaultOperators<G extends Genes>(domain: Domain, maximise: boolean): GeneticOperators<G> {
  // The kind of a domain fixes the type of its genes, which the compiler cannot see.
  return byKind(domain.kind, maximise) as GeneticOperators<Genes> as GeneticOperators<G>;
}

function byKind(kind: Domain['kind'], maximise: boolean) {
  switch (kind) {
    case 'symbols':
      return {
        selection: maximise ? roulette() : tournament(2),
        crossover: onePoint(),
        crossoverRate: 1,
        mutation: bitFlip(),
        survival: generational(),
      };
    case 'permutation':
      return {
        selection: tournament(2),
        crossover: order(),
        crossoverRate: 0.9,
        mutation: inversion(),
        survival: plus(),
      };
    case 'integers':
    case 'reals':
    case 'mixed':
      return {
        selection: tournament(2),
        crossover: sbx(),
        crossoverRate: 0.9,
        mutation: polynomial(),
        survival: plus(),
      };
    default:
      return kind satisfies never;
  }
}
