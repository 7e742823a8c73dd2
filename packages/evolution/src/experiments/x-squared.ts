/**
 * The textbook run by hand, generation by generation: maximise x^2 on [0, 31] with strings of five bits and a
 * population of four, the first one made by 4 x 5 coin flips, then four spins of the wheel, random mates, a random
 * crossover site for each couple and mutation bit by bit.
 */

import { decode } from '../encodings/binary.ts';
import type { BreedingRecord } from '../genetic/breed.ts';
import { createGeneticAlgorithm, type GeneticAlgorithm } from '../genetic/genetic-algorithm.ts';
import { bitFlip } from '../mutation/strings.ts';
import { xSquared } from '../problems/strings.ts';
import { weightsOf } from '../selection/proportional.ts';

/** What `xSquaredRun` takes. */
export interface XSquaredOptions {
  readonly population: number;
  readonly generations: number;
  readonly seed: number;
  /** Bits of a string; x is in [0, 2^bits - 1]. */
  readonly bits: number;
  /** Chance of each bit to flip, default one in `bits`. */
  readonly mutationRate?: number;
}
export const xSquaredDefaults: XSquaredOptions = { population: 4, generations: 20, seed: 7, bits: 5 };

/** One string of a generation. */
export interface XSquaredIndividual {
  /** For example '01101'. */
  readonly string: string;
  readonly x: number;
  readonly fitness: number;
  /** Its slot on the wheel: fitness over the sum of all. */
  readonly share: number;
  /** How many copies the wheel should give: share times the population size. */
  readonly expectedCopies: number;
  /** How many it gave; 0 in the last generation, which does not reproduce. */
  readonly copies: number;
}

/** One generation and how the next one was made from it. */
export interface XSquaredGeneration {
  /** 1 is the population of the coin flips. */
  readonly generation: number;
  readonly individuals: readonly XSquaredIndividual[];
  readonly mean: number;
  readonly best: number;
  /** The breeding of the next generation; null in the last one. */
  readonly breeding: BreedingRecord | null;
}

/** Runs the example and gives every generation. The same options give the same run. */
export function xSquaredRun(given: Partial<XSquaredOptions> = {}): readonly XSquaredGeneration[] {
  const options = { ...xSquaredDefaults, ...given };
  const problem = xSquared(options.bits);
  const algorithm = createGeneticAlgorithm({
    ...problem,
    population: options.population,
    seed: options.seed,
    mutation: bitFlip(options.mutationRate),
    trace: true,
  });
  return Array.from({ length: options.generations }, (_, g) => {
    algorithm.tell(algorithm.ask().rows.map((string) => problem.fitness(string)));
    return generationOf(algorithm, g + 1 < options.generations);
  });
}

/** The evaluated generation as data; also breeds the next one unless this is the last. */
function generationOf(algorithm: GeneticAlgorithm<Uint8Array, Uint8Array>, reproduces: boolean): XSquaredGeneration {
  const { rows, fitness, size } = algorithm.current();
  const weights = weightsOf(fitness, 'none');
  const total = weights.reduce((sum, w) => sum + w, 0);
  const texts = rows.map((string) => ({ string: string.join(''), x: decode(string) }));
  if (reproduces) algorithm.ask();
  const breeding = reproduces ? algorithm.breeding : null;
  const individuals = texts.map((text, i) => ({
    ...text,
    fitness: fitness[i] as number,
    share: weights[i]! / total,
    expectedCopies: (size * weights[i]!) / total,
    copies: breeding === null ? 0 : breeding.spins.filter((spin) => spin === i).length,
  }));
  return {
    generation: algorithm.generation,
    individuals,
    mean: fitness.reduce((s, f) => s + f, 0) / size,
    best: Math.max(...fitness),
    breeding,
  };
}

/** A generation as a table and the story of its offspring, for a terminal. */
export function describeXSquared(g: XSquaredGeneration): string {
  const header = '   #  string         x  fitness  share  expected copies  copies';
  const rows = g.individuals.map((one, i) =>
    [
      String(i + 1).padStart(4),
      one.string.padEnd(8),
      String(one.x).padStart(6),
      String(one.fitness).padStart(7),
      one.share.toFixed(3),
      one.expectedCopies.toFixed(2).padStart(15),
      String(one.copies).padStart(6),
    ].join('  '),
  );
  const title = `generation ${g.generation}: mean ${g.mean.toFixed(1)}, best ${g.best}`;
  return [title, header, ...rows, ...(g.breeding === null ? [] : describeBreeding(g.breeding))].join('\n');
}

function describeBreeding({ spins, mates, sites, mutations }: BreedingRecord): string[] {
  const numbers = (indices: Int32Array) => Array.from(indices, (i) => i + 1).join(' ');
  const couples = sites.map((cut, k) => {
    const couple = `${mates[2 * k]! + 1} x ${mates[2 * k + 1]! + 1}`;
    return cut.length === 0 ? `${couple} uncrossed` : `${couple} cut after bit ${cut.join(' and ')}`;
  });
  const flips = mutations.map(({ child, gene, from, to }) => `child ${child + 1} bit ${gene + 1} ${from}->${to}`);
  return [
    `  spins: ${numbers(spins)}`,
    `  mates: ${couples.join('; ')}`,
    `  mutations: ${flips.length === 0 ? 'none' : flips.join('; ')}`,
  ];
}
