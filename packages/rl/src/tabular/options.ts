/** Options that all tabular methods share, and what they mean. */

import { type Static, Type } from '@skein/core';
import { linear } from '../schedule.ts';
import { trainingOptions } from '../training/options.ts';
import { type Exploration, epsilonGreedy, softmax } from './exploration.ts';

const probability = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: 1, description });

export const tabularOptions = {
  ...trainingOptions,
  env: Type.String({ default: 'FrozenLake-v1', description: 'environment with integer observations to train on' }),
  steps: Type.Integer({ default: 300_000, minimum: 1, description: 'environment steps to train for' }),
  evaluateEvery: Type.Integer({
    default: 20_000,
    minimum: 1,
    description: 'environment steps between evaluations on an environment of their own',
  }),
  evaluationEpisodes: Type.Integer({ default: 200, minimum: 1, description: 'episodes of one evaluation' }),
  checkpointEvery: Type.Integer({
    default: 100_000,
    minimum: 1,
    description: 'environment steps between checkpoints',
  }),
  reportEvery: Type.Integer({ default: 10_000, minimum: 1, description: 'environment steps between rows of metrics' }),
  envCount: Type.Integer({ default: 1, minimum: 1, description: 'copies of the environment that step together' }),
  gamma: probability(0.99, 'discount of the next value'),
  learningRate: Type.Number({
    default: 1,
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'part of the way that the first update of an action value goes',
  }),
  learningRateEnd: probability(0, 'part of the way that the last updates go; no update goes less'),
  learningRateSchedule: Type.Union([Type.Literal('constant'), Type.Literal('linear'), Type.Literal('visits')], {
    default: 'visits',
    description:
      'how the learning rate falls: not at all, in a line over the run, or with a power of the updates of each value',
  }),
  learningRatePower: probability(0.6, 'for visits: the rate of the n-th update is learningRate / n^power'),
  exploration: Type.Union([Type.Literal('epsilon-greedy'), Type.Literal('softmax')], {
    default: 'epsilon-greedy',
    description: 'how actions are chosen while learning',
  }),
  epsilonStart: probability(1, 'first share of random actions'),
  epsilonEnd: probability(0.1, 'last share of random actions'),
  temperatureStart: Type.Number({ default: 1, exclusiveMinimum: 0, description: 'first temperature of softmax' }),
  temperatureEnd: Type.Number({ default: 0.01, exclusiveMinimum: 0, description: 'last temperature of softmax' }),
  explorationFraction: probability(0.5, 'part of the run over which exploration falls'),
  initialValue: Type.Number({ default: 0, description: 'first value of all actions; large ones make curious' }),
};

const TabularConfig = Type.Object(tabularOptions);
/** The values of `tabularOptions`. */
export type TabularConfig = Static<typeof TabularConfig>;

/** Learning rate of the n-th update of a value after `step` steps. */
export type LearningRate = (step: number, updates: number) => number;

/** The learning rate that the options mean. */
export function learningRate(config: TabularConfig): LearningRate {
  const { learningRate: start, learningRateEnd: end, learningRatePower: power, learningRateSchedule, steps } = config;
  switch (learningRateSchedule) {
    case 'constant':
      return () => start;
    case 'linear':
      return linear(start, end, steps);
    case 'visits':
      return (_step, updates) => Math.max(end, start * updates ** -power);
    default:
      return learningRateSchedule satisfies never;
  }
}

/** The exploration that the options mean. */
export function exploration(config: TabularConfig): Exploration {
  const over = config.explorationFraction * config.steps;
  return config.exploration === 'softmax'
    ? softmax(linear(config.temperatureStart, config.temperatureEnd, over))
    : epsilonGreedy(linear(config.epsilonStart, config.epsilonEnd, over));
}
