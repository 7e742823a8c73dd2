/**
 * SARSA (Rummery and Niranjan, 1994; Sutton and Barto, section 6.4): learns the values of its own behaviour,
 * exploration included. Target: r + gamma Q(s', a') with the action a' that is taken next.
 */

import { Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

export const sarsa = tabularAlgorithm({
  name: 'sarsa',
  summary: 'a table of action values learned on-policy: the value of the action taken next counts',
  config: Type.Object(tabularOptions, { additionalProperties: false }),
  create: ({ q, update, choose }) => ({
    learn: ({ row, state, action, reward, discount, next }) =>
      update(q, state, action, reward + discount * q.get(next, choose(row, next))),
  }),
});
