/**
 * How near agents come to the best published scores. Every algorithm is trained on its environments with five seeds and what
 * `skein train ALGORITHM --env ENV` takes (tuned options where there are some); each trained agent is then evaluated on
 * fresh episodes, the same ones for all. Published scores, optima and their sources: below, as in the table. Seeds train
 * at the same time, one on each core. The whole takes about 20 minutes on two cores, and prints how far it is.
 */

import { availableParallelism } from 'node:os';
import { localRuntime, type Runtime } from '@skein/core';
import { useBackend } from '@skein/nn';
import { type AlgorithmName, decodeAgent, evaluate, interquartileMean } from '@skein/rl';
import { trainTask } from '@skein/rl/tasks';
import type { Benchmark, Row } from '../harness.ts';

/** What is known of an environment's returns. */
interface Scores {
  readonly env: string;
  /** The best published mean return, and who published it. */
  readonly published: string;
  /** Mean return of the best policy, exact unless said otherwise. */
  readonly optimum: number;
  readonly optimumNote?: string;
  /** Episodes of one evaluation; tabular environments need many, their returns are 0 or 1. */
  readonly episodes: number;
  readonly algorithms: readonly AlgorithmName[];
}

const TABULAR = [
  'q-learning',
  'sarsa',
  'expected-sarsa',
  'double-q-learning',
  'n-step-sarsa',
  'monte-carlo',
  'dyna-q',
] as const;

const ENVIRONMENTS: readonly Scores[] = [
  {
    env: 'CartPole-v1',
    published: '500 (DQN, PPO, A2C: RL Zoo)',
    optimum: 500,
    episodes: 200,
    algorithms: ['dqn', 'rainbow', 'ppo', 'a2c', 'reinforce'],
  },
  {
    env: 'MountainCar-v0',
    published: '-100.85 (DQN: RL Zoo)',
    optimum: -97.7,
    optimumNote: 'value iteration',
    episodes: 500,
    algorithms: ['dqn'],
  },
  {
    env: 'Acrobot-v1',
    published: '-69.1 (QR-DQN: RL Zoo)',
    optimum: -59,
    optimumNote: 'beam search',
    episodes: 200,
    algorithms: ['dqn', 'ppo'],
  },
  {
    env: 'Pendulum-v1',
    published: '-151.3 (TQC: RL Zoo)',
    optimum: -137,
    optimumNote: 'dynamic programming',
    episodes: 750,
    algorithms: ['ddpg', 'td3', 'sac', 'ppo', 'a2c'],
  },
  {
    env: 'MountainCarContinuous-v0',
    published: '96.67 (ARS: RL Zoo)',
    optimum: 99.65,
    optimumNote: 'dynamic programming',
    episodes: 200,
    algorithms: ['ddpg', 'td3', 'sac'],
  },
  {
    env: 'FrozenLake-v1',
    published: '-',
    optimum: 0.74419,
    episodes: 10_000,
    algorithms: TABULAR,
  },
  {
    env: 'FrozenLake8x8-v1',
    published: '0.63 (Q-learning: Hugging Face)',
    optimum: 0.91322,
    episodes: 10_000,
    algorithms: TABULAR,
  },
  {
    env: 'CliffWalking-v1',
    published: '-',
    optimum: -13,
    episodes: 10,
    algorithms: TABULAR,
  },
  {
    env: 'Taxi-v4',
    published: '7.85 (Q-learning: Hugging Face)',
    optimum: 7.93,
    episodes: 3000,
    algorithms: TABULAR,
  },
  {
    env: 'Blackjack-v1',
    published: '-',
    optimum: -0.0431,
    episodes: 100_000,
    algorithms: TABULAR,
  },
];

const SEEDS = [1, 2, 3, 4, 5];

interface Trained {
  readonly mean: number;
  readonly steps: number;
  readonly seconds: number;
}

/** Trains with several seeds at the same time, and evaluates each agent. */
function trained(
  runtime: Runtime,
  name: AlgorithmName,
  { env, episodes }: Scores,
  seeds: readonly number[],
  steps: number | null,
): Promise<Trained[]> {
  // Nobody continues these runs.
  const options = { env, checkpointEvery: Number.MAX_SAFE_INTEGER, ...(steps === null ? {} : { steps }) };
  const one = async (seed: number): Promise<Trained> => {
    const input = { algorithm: name, config: { ...options, seed }, backend: 'simd' as const };
    const result = await runtime.run(trainTask, input);
    const agent = decodeAgent(await runtime.blobs.get(result.agent));
    const { mean } = await evaluate(agent, { episodes, seed: 1000 });
    agent.policy.dispose();
    return { mean, steps: result.steps, seconds: result.seconds };
  };
  return Promise.all(seeds.map(one));
}

const rounded = (x: number): number => Number(x.toFixed(Math.abs(x) < 10 ? 3 : 1));

function row(name: string, scores: Scores, runs: readonly Trained[]): Row {
  const means = runs.map((run) => run.mean);
  const iqm = interquartileMean(means);
  return {
    environment: scores.env,
    algorithm: name,
    steps: runs[0]!.steps,
    IQM: rounded(iqm),
    mean: rounded(means.reduce((sum, mean) => sum + mean, 0) / means.length),
    range: `${rounded(Math.min(...means))} to ${rounded(Math.max(...means))}`,
    'best published': scores.published,
    optimum: `${scores.optimum}${scores.optimumNote === undefined ? '' : ` (${scores.optimumNote})`}`,
    'IQM below optimum': rounded(scores.optimum - iqm),
    's a run': rounded(runs.reduce((sum, run) => sum + run.seconds, 0) / runs.length),
  };
}

export const benchmark: Benchmark = {
  claim:
    'How near agents come to the best published scores and to the optimum: five seeds of every algorithm on its environments, with the options that `skein train` takes, evaluated on the same fresh episodes. IQM: mean over the middle half of the seeds.',
  run: async ({ quick }) => {
    await useBackend('simd');
    await using runtime = localRuntime({ threads: availableParallelism(), tasks: [trainTask] });
    const rows: Row[] = [];
    const tasks = ENVIRONMENTS.flatMap((scores) => scores.algorithms.map((name) => ({ name, scores })));
    const started = performance.now();
    for (const [i, { name, scores }] of tasks.entries()) {
      const runs = quick
        ? await trained(runtime, name, { ...scores, episodes: 10 }, SEEDS.slice(0, 1), 2000)
        : await trained(runtime, name, scores, SEEDS, null);
      rows.push(row(name, scores, runs));
      const minutes = ((performance.now() - started) / 60_000).toFixed(1);
      console.error(
        `  ${i + 1}/${tasks.length} ${scores.env} ${name}: IQM ${rows.at(-1)!['IQM']} (${minutes} min so far)`,
      );
    }
    return rows;
  },
};
