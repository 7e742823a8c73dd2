/**
 * Tuned options by algorithm and environment, where the algorithm's defaults do worse: what a run takes for options that
 * are not given (`preset: 'none'` takes the defaults). Every entry names the source of its settings and what was changed.
 */

/** Options that suit an algorithm and an environment. */
export interface Tuned {
  /** Where the settings come from, and what differs. */
  readonly source: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const ZOO = 'RL Zoo (rl-baselines3-zoo, hyperparams/*.yml)';

/** By algorithm, then by environment. */
export const tuned: Readonly<Record<string, Readonly<Record<string, Tuned>>>> = {
  dqn: {
    'Acrobot-v1': {
      source: `${ZOO}, with 64-64 units instead of 256-256`,
      options: {
        steps: 100_000,
        learningRate: 6.3e-4,
        batchSize: 128,
        learningStarts: 1_000,
        trainEvery: 4,
        updatesPerRound: 4,
        targetUpdateEvery: 250,
        epsilonEnd: 0.1,
        explorationFraction: 0.12,
      },
    },
    'MountainCar-v0': {
      source: ZOO,
      options: {
        steps: 120_000,
        learningRate: 4e-3,
        batchSize: 128,
        bufferSize: 10_000,
        learningStarts: 1_000,
        gamma: 0.98,
        targetUpdateEvery: 600,
        trainEvery: 16,
        updatesPerRound: 8,
        epsilonEnd: 0.07,
        explorationFraction: 0.2,
      },
    },
  },
  ddpg: {
    'MountainCarContinuous-v0': {
      source: `${ZOO} for noise and gamma, 3-step returns after RLlib's tuned example, with 64-64 units`,
      options: { noise: 'ornstein-uhlenbeck', noiseStd: 0.5, gamma: 0.99, nSteps: 3 },
    },
  },
};

/** The tuned options of an algorithm for an environment; none where its defaults are the best that is known. */
export function tunedOptions(algorithm: string, env: string): Readonly<Record<string, unknown>> {
  return tuned[algorithm]?.[env]?.options ?? {};
}
