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

/** The way out of the valley of MountainCarContinuous. */
const OUT_OF_THE_VALLEY: Tuned = {
  source: `${ZOO} for gamma; RLlib's mountaincarcontinuous-ddpg for 3-step returns; noise about as large as their Ornstein-Uhlenbeck process, but changing sides sooner, 64-64 units, 20 000 steps`,
  options: { noiseCorrelation: 0.97, noiseStd: 0.8, gamma: 0.99, nSteps: 3 },
};

/** By algorithm, then by environment. */
export const tuned: Readonly<Record<string, Readonly<Record<string, Tuned>>>> = {
  a2c: {
    'Pendulum-v1': {
      source: `${ZOO} for environments, steps of a rollout and normalisation; bounded means, gamma and lambda 0.95, 64-64 units, Adam, half the million steps`,
      options: {
        steps: 500_000,
        evaluateEvery: 5_000,
        envCount: 8,
        rolloutSteps: 8,
        gamma: 0.95,
        lambda: 0.95,
        boundedMeans: true,
        normalizeObservations: true,
        normalizeRewards: true,
      },
    },
  },
  ddpg: { 'MountainCarContinuous-v0': OUT_OF_THE_VALLEY },
  dqn: {
    'Acrobot-v1': {
      source: `${ZOO} (QR-DQN), with 64-64 units, 3-step returns, half the updates and half the steps`,
      options: {
        distribution: 'quantile',
        steps: 50_000,
        learningRate: 6.3e-4,
        batchSize: 128,
        learningStarts: 1_000,
        nSteps: 3,
        trainEvery: 4,
        updatesPerRound: 2,
        targetUpdateEvery: 250,
        epsilonEnd: 0.1,
        explorationFraction: 0.2,
      },
    },
    'MountainCar-v0': {
      source: `${ZOO}, with 64-64 units, 5-step returns and scaled observations`,
      options: {
        steps: 120_000,
        learningRate: 4e-3,
        batchSize: 128,
        bufferSize: 10_000,
        learningStarts: 1_000,
        gamma: 0.98,
        nSteps: 5,
        scaleObservations: true,
        targetUpdateEvery: 600,
        trainEvery: 16,
        updatesPerRound: 8,
        epsilonEnd: 0.07,
        explorationFraction: 0.2,
      },
    },
  },
  ppo: {
    'Acrobot-v1': {
      source: `${ZOO} for steps, environments, lambda and normalisation; shorter rollouts, more epochs`,
      options: {
        steps: 1_000_000,
        evaluateEvery: 10_000,
        evaluationEpisodes: 100,
        envCount: 16,
        rolloutSteps: 128,
        batchSize: 128,
        epochs: 8,
        gamma: 0.99,
        lambda: 0.94,
        normalizeObservations: true,
        normalizeRewards: true,
      },
    },
    'Pendulum-v1': {
      source: `${ZOO} for steps, lambda, epochs and step size; rollouts of 4 x 256 steps, gamma 0.95, scaled observations`,
      options: {
        steps: 100_000,
        envCount: 4,
        rolloutSteps: 256,
        batchSize: 64,
        epochs: 10,
        gamma: 0.95,
        lambda: 0.95,
        scaleObservations: true,
      },
    },
  },
  sac: {
    'MountainCarContinuous-v0': {
      source: `correlated noise in the place of ${ZOO}'s gSDE; learned temperature, 64-64 units, batches of 64, 20 000 steps`,
      options: { noiseCorrelation: 0.97, gamma: 0.99, learningStarts: 0 },
    },
  },
  td3: { 'MountainCarContinuous-v0': OUT_OF_THE_VALLEY },
};

/** The tuned options of an algorithm for an environment; none where its defaults are the best that is known. */
export function tunedOptions(algorithm: string, env: string): Readonly<Record<string, unknown>> {
  return tuned[algorithm]?.[env]?.options ?? {};
}
