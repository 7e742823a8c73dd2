/**
 * Expected SARSA (van Seijen et al., 2009; Sutton and Barto, section 6.6): SARSA without the noise of the next action.
 * Target: r + gamma times the mean of Q(s', .) under the behaviour.
 */

import { Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

export const expectedSarsa = tabularAlgorithm({
  name: 'expected-sarsa',
  summary: 'SARSA whose target is the mean over the next actions',
  config: Type.Object(tabularOptions, { additionalProperties: false }),
  create: ({ q, update, behaviour }) => ({
    learn: ({ state, action, reward, discount, next }) =>
      update(q, state, action, reward + discount * q.expected(next, behaviour(next))),
  }),
});
