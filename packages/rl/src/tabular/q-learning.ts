/**
 * Q-learning (Watkins, 1989; Sutton and Barto, "Reinforcement Learning: An Introduction", section 6.5): learns the
 * values of acting greedily whatever the behaviour. Target: r + gamma max over a' of Q(s', a').
 */

import { Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

export const qLearning = tabularAlgorithm({
  name: 'q-learning',
  summary: 'a table of action values learned off-policy: the best next value counts',
  config: Type.Object(tabularOptions, { additionalProperties: false }),
  create: ({ q, update }) => ({
    learn: ({ state, action, reward, discount, next }) => update(q, state, action, reward + discount * q.max(next)),
  }),
});
