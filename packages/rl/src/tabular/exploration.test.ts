import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { ActionValues } from './action-values.ts';
import { epsilonGreedy, explorationPolicy, softmax } from './exploration.ts';

function valued(...values: number[]): ActionValues {
  const q = new ActionValues(1, values.length);
  q.values.set(values);
  return q;
}

test('epsilon-greedy splits epsilon among all actions and the rest among the best', () => {
  expectClose(
    explorationPolicy(
      valued(1, 3, 2, 0),
      epsilonGreedy(() => 0.2),
    ),
    [0.05, 0.85, 0.05, 0.05],
  );
  expectClose(
    explorationPolicy(
      valued(1, 3, 3, 0),
      epsilonGreedy(() => 0.2),
    ),
    [0.05, 0.45, 0.45, 0.05],
  );
});

test('epsilon follows its schedule', () => {
  const falling = epsilonGreedy((step) => 1 / step);
  expectClose(explorationPolicy(valued(0, 1), falling, 1), [0.5, 0.5]);
  expectClose(explorationPolicy(valued(0, 1), falling, 4), [0.125, 0.875]);
});

test('softmax weighs by exp(Q / temperature), at any size of the values', () => {
  const e = Math.E;
  expectClose(
    explorationPolicy(
      valued(0, 2),
      softmax(() => 2),
    ),
    [1 / (1 + e), e / (1 + e)],
  );
  expectClose(
    explorationPolicy(
      valued(1e6, 1e6 + 2),
      softmax(() => 2),
    ),
    [1 / (1 + e), e / (1 + e)],
  );
});

test('softmax becomes greedy when cold and uniform when hot', () => {
  expectClose(
    explorationPolicy(
      valued(0, 1, 0.5),
      softmax(() => 1e-3),
    ),
    [0, 1, 0],
  );
  expectClose(
    explorationPolicy(
      valued(0, 1, 0.5),
      softmax(() => 1e9),
    ),
    [1 / 3, 1 / 3, 1 / 3],
  );
});

test('the first of equally good actions is the greedy one', () => {
  expect(valued(0, 2, 2).greedy(0)).toBe(1);
});
