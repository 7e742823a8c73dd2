/** Measures of how different the individuals of a population are. */

import type { Genes, Population } from '../population.ts';
import type { Domain } from './encoding.ts';

/**
 * Chance that two different individuals carry different values of a gene, averaged over the genes and divided by its
 * expectation 1 - 1/alphabet for random strings. Genes are integers in [0, alphabet).
 */
export function symbolDiversity(population: Population, alphabet: number): number {
  const { size, length } = population;
  if (size < 2 || alphabet < 2) return 0;
  const counts = countSymbols(population, alphabet);
  let equalPairs = 0;
  for (let c = 0; c < counts.length; c++) equalPairs += counts[c]! * (counts[c]! - 1);
  const different = 1 - equalPairs / (size * (size - 1) * length);
  return different / (1 - 1 / alphabet);
}

/** How often each symbol stands at each place: [length, alphabet]. */
function countSymbols({ length, rows }: Population, alphabet: number): Int32Array {
  const counts = new Int32Array(length * alphabet);
  for (const row of rows) {
    for (let j = 0; j < length; j++) counts[j * alphabet + row[j]!]!++;
  }
  return counts;
}

/**
 * Standard deviation of each gene divided by that of a uniform distribution over its range, averaged over the genes.
 * Genes whose range is a single value are left out.
 */
export function spreadDiversity(population: Population, low: Float64Array, high: Float64Array): number {
  const { length } = population;
  if (population.size < 2) return 0;
  const deviation = standardDeviations(population);
  let sum = 0;
  let counted = 0;
  for (let j = 0; j < length; j++) {
    const range = high[j]! - low[j]!;
    if (range === 0) continue;
    sum += (deviation[j]! * Math.sqrt(12)) / range;
    counted++;
  }
  return counted === 0 ? 0 : sum / counted;
}

/** Standard deviation of every gene, [length]. */
function standardDeviations({ size, length, rows }: Population): Float64Array {
  const mean = new Float64Array(length);
  const squares = new Float64Array(length);
  for (const row of rows) for (let j = 0; j < length; j++) mean[j]! += row[j]! / size;
  for (const row of rows) for (let j = 0; j < length; j++) squares[j]! += (row[j]! - mean[j]!) ** 2 / size;
  return squares.map(Math.sqrt);
}

/**
 * The distance of individuals by index, in [0, 1]: the share of different genes for symbols and permutations, else the
 * root mean square of the differences relative to each gene's range.
 */
export function distanceIn(rowAt: (i: number) => Genes, domain: Domain): (a: number, b: number) => number {
  const unordered = domain.kind === 'symbols' || domain.kind === 'permutation';
  return (a, b) => {
    const x = rowAt(a);
    const y = rowAt(b);
    return unordered ? hamming(x, y) : relativeDistance(x, y, domain);
  };
}

function hamming(x: Genes, y: Genes): number {
  let different = 0;
  for (let j = 0; j < x.length; j++) different += x[j] === y[j] ? 0 : 1;
  return different / x.length;
}

function relativeDistance(x: Genes, y: Genes, { low, high }: Domain): number {
  let squares = 0;
  for (let j = 0; j < x.length; j++) squares += ((x[j]! - y[j]!) / (high[j]! - low[j]! || 1)) ** 2;
  return Math.sqrt(squares / x.length);
}
