/** The contract of built-in problems: they know their optimum. */

import type { Encoding } from '../encodings/encoding.ts';
import type { Fitness } from '../evaluation.ts';
import type { GeneticOperators } from '../genetic/defaults.ts';
import type { Genes } from '../population.ts';

/** A fitness that is computed at once; a method, so that a problem of any value is a `Problem`. */
type ProblemFitness<V> = { of(value: V): number }['of'] & Pick<Fitness<V, number>, 'ofAll'>;

/**
 * A problem with a known answer. It can be spread into the options of `geneticAlgorithm`; operators that suit it better
 * than its encoding's defaults come along.
 */
export interface Problem<V = unknown, G extends Genes = Genes> extends Partial<GeneticOperators<G>> {
  readonly name: string;
  readonly encoding: Encoding<V, G>;
  readonly maximise: boolean;
  /** The best value that exists; for functions of real numbers to rounding. */
  readonly optimum: number;
  /** One solution that reaches it. */
  readonly solution: V;
  readonly fitness: ProblemFitness<V>;
}
