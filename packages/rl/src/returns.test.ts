import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { generalisedAdvantages } from './returns.ts';

/** One row, three steps; V(s) = 3, 1, 4 and V of what follows 1, 4, 2. */
const experience = {
  rows: 1,
  rewards: [1, 0, 2],
  values: [3, 1, 4],
  nextValues: [1, 4, 2],
  terminated: [0, 0, 1],
  ended: [0, 0, 1],
};

test('lambda = 1 is the discounted return minus the value', () => {
  // Returns with gamma 0.5: 1 + 0 + 0.25 * 2 = 1.5, then 1, then 2.
  expectClose(generalisedAdvantages(experience, 0.5, 1), [1.5 - 3, 1 - 1, 2 - 4], { rtol: 1e-6, atol: 1e-7 });
});

test('lambda = 0 is the one-step error', () => {
  expectClose(generalisedAdvantages(experience, 0.5, 0), [1 + 0.5 - 3, 2 - 1, 2 - 4], { rtol: 1e-6, atol: 1e-7 });
});

test('a cut episode bootstraps from its final value, and nothing crosses its end', () => {
  const cut = { ...experience, terminated: [0, 0, 0], ended: [0, 1, 0] };
  // Step 1 ends with the value 4 of its final observation; step 2 is of the next episode.
  expectClose(generalisedAdvantages(cut, 0.5, 1), [1 + 0.25 * 4 - 3, 2 - 1, 2 + 1 - 4], { rtol: 1e-6, atol: 1e-7 });
});

test('rows are independent', () => {
  const interleave = (x: readonly number[], y: readonly number[]) => x.flatMap((v, i) => [v, y[i]!]);
  const other = {
    rewards: [5, 6, 7],
    values: [1, 1, 1],
    nextValues: [2, 2, 2],
    terminated: [1, 0, 0],
    ended: [1, 0, 0],
  };
  const both = generalisedAdvantages(
    {
      rows: 2,
      rewards: interleave(experience.rewards, other.rewards),
      values: interleave(experience.values, other.values),
      nextValues: interleave(experience.nextValues, other.nextValues),
      terminated: interleave(experience.terminated, other.terminated),
      ended: interleave(experience.ended, other.ended),
    },
    0.9,
    0.7,
  );
  expect([0, 2, 4].map((i) => both[i])).toEqual([...generalisedAdvantages(experience, 0.9, 0.7)]);
  expect([1, 3, 5].map((i) => both[i])).toEqual([...generalisedAdvantages({ rows: 1, ...other }, 0.9, 0.7)]);
});

test('unequal lengths are refused', () => {
  expect(() => generalisedAdvantages({ ...experience, values: [1] }, 0.9, 1)).toThrow(/expected equal lengths/);
});
