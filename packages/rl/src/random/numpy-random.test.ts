import { SkeinError } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { NUMPY_RANDOM_WORDS, NumpyRandom } from './numpy-random.ts';

interface Recorded {
  readonly seeds: readonly {
    readonly seed: number;
    readonly doubles: readonly number[];
    readonly uniforms: readonly number[];
    readonly integers: readonly (readonly [n: number, drawn: number])[];
    readonly after: number;
  }[];
}
const recorded = fixture<Recorded>('numpy_random');

describe('NumpyRandom draws what numpy.random.default_rng draws', () => {
  test.each(recorded.seeds)('seed $seed', ({ seed, doubles, uniforms, integers, after }) => {
    const random = new NumpyRandom();
    random.seed(seed);
    expect(doubles.map(() => random.random())).toEqual(doubles);
    expect(uniforms.map(() => random.uniform(-0.05, 0.05))).toEqual(uniforms);
    // Integers use 32-bit halves: the second half of a draw is kept, and doubles leave it where it is.
    expect(integers.map(([n]) => random.integer(n))).toEqual(integers.map(([, drawn]) => drawn));
    expect(random.random()).toBe(after);
  });
});

test('a stream continues from a copy of its words', () => {
  const words = new Int32Array(NUMPY_RANDOM_WORDS);
  const random = new NumpyRandom(words);
  random.seed(5);
  random.integer(10);
  const copy = new NumpyRandom(words.slice());
  expect([copy.integer(10), copy.random()]).toEqual([random.integer(10), random.random()]);
});

test('seeding again starts over', () => {
  const random = new NumpyRandom();
  random.seed(3);
  const first = [random.integer(9), random.random()];
  random.seed(3);
  expect([random.integer(9), random.random()]).toEqual(first);
});

test('categorical picks the first index whose cumulative probability exceeds the draw', () => {
  const random = new NumpyRandom();
  random.seed(123); // .682, .054, .220, .184
  expect([0, 1, 2, 3].map(() => random.categorical([0.2, 0.01, 0.3, 0.49]))).toEqual([3, 0, 2, 0]);
});

test('a seed that is not a non-negative integer is refused', () => {
  expect(() => new NumpyRandom().seed(-1)).toThrow(SkeinError);
  expect(() => new NumpyRandom().seed(0.5)).toThrow('seed: expected an integer in [0, 2^53), got 0.5');
});
