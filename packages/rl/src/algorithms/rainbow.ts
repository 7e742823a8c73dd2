/**
 * Rainbow (Hessel et al., "Rainbow: combining improvements in deep reinforcement learning", arXiv:1710.02298): DQN with
 * double DQN, dueling and noisy networks, prioritised replay, 3-step returns and C51. Every option of DQN is there to
 * take a part away.
 *
 * [B1] The buffer is smaller than DQN's: 3-step returns are not corrected for what the present policy would have done, so
 *      old transitions mislead.
 */

import { dqnAlgorithm } from './dqn.ts';

export const rainbow = dqnAlgorithm(
  'rainbow',
  'DQN with all its improvements: double, dueling, noisy, prioritised, 3-step, categorical',
  {
    batchSize: 64,
    bufferSize: 10_000,
    learningStarts: 1_000,
    trainEvery: 256,
    updatesPerRound: 128,
    nSteps: 3,
    prioritised: true,
    learningRate: 1e-3,
    targetUpdateEvery: 128,
    doubleDqn: true,
    dueling: true,
    noisy: true,
    distribution: 'categorical',
  },
);
