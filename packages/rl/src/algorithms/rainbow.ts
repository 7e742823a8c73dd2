/**
 * Rainbow (Hessel et al., "Rainbow: combining improvements in deep reinforcement learning", arXiv:1710.02298): DQN with
 * double DQN, dueling and noisy networks, prioritised replay, 3-step returns and C51. Every option of DQN is there to
 * take a part away.
 */

import { dqnAlgorithm } from './dqn.ts';

export const rainbow = dqnAlgorithm(
  'rainbow',
  'DQN with all its improvements: double, dueling, noisy, prioritised, 3-step, categorical',
  {
    batchSize: 64,
    bufferSize: 50_000,
    learningStarts: 1_000,
    trainEvery: 4,
    updatesPerRound: 2,
    nSteps: 3,
    prioritised: true,
    learningRate: 5e-4,
    targetUpdateEvery: 250,
    doubleDqn: true,
    dueling: true,
    noisy: true,
    distribution: 'categorical',
  },
);
