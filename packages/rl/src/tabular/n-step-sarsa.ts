/**
 * n-step SARSA (Sutton and Barto, section 7.2): between SARSA (n = 1) and Monte Carlo (n beyond the episode). Target:
 * the next n rewards, discounted, then gamma^n Q of the state and action reached. An episode that its time limit cut
 * off is continued by the value of its last state; one that terminated is not.
 */

import { parse, type Static, Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

/** A step that waits for the rewards after it. */
const Waiting = Type.Object({ state: Type.Integer(), action: Type.Integer(), reward: Type.Number() });
type Waiting = Static<typeof Waiting>;
const Saved = Type.Array(Type.Array(Waiting));

export const nStepSarsa = tabularAlgorithm({
  name: 'n-step-sarsa',
  summary: 'SARSA that looks n rewards ahead',
  config: Type.Object(
    { ...tabularOptions, nSteps: Type.Integer({ default: 4, minimum: 1, description: 'rewards that a target sums' }) },
    { additionalProperties: false },
  ),
  create: ({ q, rows, config, update, choose }) => {
    const { nSteps, gamma } = config;
    const waiting: Waiting[][] = Array.from({ length: rows }, () => []);
    /** Updates the oldest step of a row with its rewards and the value after them. */
    const settle = (steps: Waiting[], value: number): void => {
      const target = steps.reduceRight((following, { reward }) => reward + gamma * following, value);
      const { state, action } = steps.shift()!;
      update(q, state, action, target);
    };
    return {
      learn: ({ row, state, action, reward, discount, next, ended }) => {
        const steps = waiting[row]!;
        steps.push({ state, action, reward });
        const following = q.get(next, choose(row, next));
        const value = discount === 0 ? 0 : following;
        if (steps.length === nSteps) settle(steps, value);
        while (ended && steps.length > 0) settle(steps, value);
      },
      save: () => waiting.map((steps) => steps.map((step) => ({ ...step }))),
      load: (saved) => {
        parse(Saved, saved, { what: 'n-step-sarsa checkpoint', code: 'CHECKPOINT' }).forEach((steps, row) => {
          waiting[row] = [...steps];
        });
      },
    };
  },
});
