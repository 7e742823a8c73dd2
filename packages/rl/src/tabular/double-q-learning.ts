/**
 * Double Q-learning (van Hasselt, 2010; Sutton and Barto, section 6.7): two tables, of which one chooses the best next
 * action and the other values it, so that noise is not mistaken for value. The agent acts on their mean.
 */

import { parse, Type } from '@skein/core';
import { ActionValues, ActionValuesState } from './action-values.ts';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

const Tables = Type.Tuple([ActionValuesState, ActionValuesState]);

export const doubleQLearning = tabularAlgorithm({
  name: 'double-q-learning',
  summary: 'Q-learning with two tables, which does not overestimate noisy values',
  config: Type.Object(tabularOptions, { additionalProperties: false }),
  create: ({ q, states, actions, config, update, random }) => {
    const tables = [0, 1].map(() => new ActionValues(states, actions, config.initialValue, q.legal)) as [
      ActionValues,
      ActionValues,
    ];
    return {
      learn: ({ state, action, reward, discount, next }) => {
        const first = random().integer(2);
        const learning = tables[first]!;
        const other = tables[1 - first]!;
        update(learning, state, action, reward + discount * other.get(next, learning.greedy(next)));
        const pair = state * actions + action;
        q.values[pair] = (learning.values[pair]! + other.values[pair]!) / 2;
      },
      save: () => tables.map((table) => table.state()),
      load: (saved) => {
        const states = parse(Tables, saved, { what: 'double-q-learning checkpoint', code: 'CHECKPOINT' });
        states.forEach((state, i) => {
          tables[i]!.restore(state);
        });
      },
    };
  },
});
