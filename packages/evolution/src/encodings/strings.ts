/** Strings over a finite alphabet: the coding of the classical genetic algorithm. */

import { type Rng, SkeinError, show } from '@skein/core';
import type { Population } from '../population.ts';
import { symbolDiversity } from './diversity.ts';
import { type Encoding, uniformLimits } from './encoding.ts';

/** Strings of `length` bits. The value is the string itself, most significant bit first; `decode` reads a number. */
export function bits(length: number): Encoding<Uint8Array, Uint8Array> {
  return {
    ...symbols(length, 2, `bits(${length})`),
    decode: (genes) => genes,
    encode: (value) => checkedSymbols(value, length, 2, `bits(${length})`),
  };
}

/** Strings of `length` letters of an alphabet, for example `strings(8, 'ACGT')`. The value is a text. */
export function strings(length: number, alphabet: string): Encoding<string, Uint8Array> {
  const letters = [...alphabet];
  const label = `strings(${length}, '${alphabet}')`;
  if (letters.length < 2 || letters.length > 256 || new Set(letters).size !== letters.length) {
    throw new SkeinError('INPUT', `${label}: expected 2 to 256 different letters, got ${show(alphabet)}`);
  }
  return {
    ...symbols(length, letters.length, label),
    decode: (genes) => Array.from(genes, (g) => letters[g]).join(''),
    encode: (value) => {
      const genes = Array.from(value, (letter) => letters.indexOf(letter));
      return checkedSymbols(genes, length, letters.length, label);
    },
  };
}

/** Everything that encodings of `length` symbols in [0, alphabet) share. */
export function symbols(length: number, alphabet: number, label: string) {
  checkedLength(length, label);
  return {
    kind: 'symbols' as const,
    label,
    length,
    ...uniformLimits(length, 0, alphabet - 1),
    allocate: (count: number) => new Uint8Array(count),
    sample: (genes: Uint8Array, rng: Rng) => {
      if (alphabet === 2) flipCoins(genes, rng);
      else for (let j = 0; j < genes.length; j++) genes[j] = rng.integer(alphabet);
    },
    diversity: (population: Population<Uint8Array>) => symbolDiversity(population, alphabet),
  };
}

/** One coin flip a bit; a random word holds 32 of them. */
function flipCoins(genes: Uint8Array, rng: Rng): void {
  let word = 0;
  for (let j = 0; j < genes.length; j++, word >>>= 1) {
    if ((j & 31) === 0) word = rng.uint32();
    genes[j] = word & 1;
  }
}

/** Throws `INPUT` unless the number of genes is a positive integer. */
export function checkedLength(length: number, label: string): void {
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new SkeinError('INPUT', `${label}: expected a positive whole number of genes, got ${length}`);
  }
}

function checkedSymbols(value: ArrayLike<number>, length: number, alphabet: number, label: string): Uint8Array {
  if (value.length !== length) {
    throw new SkeinError('SHAPE', `${label}: expected ${length} symbols, got ${value.length}`);
  }
  const wrong = Array.prototype.findIndex.call(value, (g) => !Number.isInteger(g) || g < 0 || g >= alphabet);
  if (wrong >= 0) {
    throw new SkeinError(
      'INPUT',
      `${label}: symbol ${wrong}: expected one of ${alphabet} symbols, got ${value[wrong]}`,
    );
  }
  return Uint8Array.from(value);
}
