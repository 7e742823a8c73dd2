/** The algorithms by name: a typed constant, from which command-line choices, tables and tests are derived. */

import { SkeinError } from '@skein/core';
import { doubleQLearning } from '../tabular/double-q-learning.ts';
import { dynaQ } from '../tabular/dyna-q.ts';
import { expectedSarsa } from '../tabular/expected-sarsa.ts';
import { monteCarlo } from '../tabular/monte-carlo.ts';
import { nStepSarsa } from '../tabular/n-step-sarsa.ts';
import { qLearning } from '../tabular/q-learning.ts';
import { sarsa } from '../tabular/sarsa.ts';
import { a2c } from './a2c.ts';
import type { Algorithm } from './algorithm.ts';
import { ddpg } from './ddpg.ts';
import { dqn } from './dqn.ts';
import { ppo } from './ppo.ts';
import { rainbow } from './rainbow.ts';
import { reinforce } from './reinforce.ts';
import { sac } from './sac.ts';
import { td3 } from './td3.ts';

export const algorithms = {
  a2c,
  ddpg,
  dqn,
  'double-q-learning': doubleQLearning,
  'dyna-q': dynaQ,
  'expected-sarsa': expectedSarsa,
  'monte-carlo': monteCarlo,
  'n-step-sarsa': nStepSarsa,
  ppo,
  'q-learning': qLearning,
  rainbow,
  reinforce,
  sac,
  sarsa,
  td3,
} as const satisfies Readonly<Record<string, unknown>>;

/** A name of `algorithms`. */
export type AlgorithmName = keyof typeof algorithms;

/** The algorithm of a name. Throws `UNKNOWN_NAME` listing the names. */
export function algorithm(name: string): Algorithm {
  if (Object.hasOwn(algorithms, name)) return algorithms[name as AlgorithmName] as unknown as Algorithm;
  throw new SkeinError(
    'UNKNOWN_NAME',
    `algorithm: expected one of ${Object.keys(algorithms).join(', ')}, got ${name}`,
    {
      details: { name },
    },
  );
}
