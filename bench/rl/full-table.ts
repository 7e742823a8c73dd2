/**
 * Claim: agents reach the best published scores. Every algorithm is trained on its environments with five seeds and what
 * `skein train ALGORITHM --env ENV` takes (tuned options where there are some); each trained agent is then evaluated on
 * fresh episodes, the same ones for all. Published scores, optima and their sources: below, as in the table. The whole
 * takes about half an hour on one core, and prints how far it is.
 */

import { useBackend } from '@skein/nn';
import { type AlgorithmName, algorithm, evaluate, interquartileMean } from '@skein/rl';
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

const TABULAR = ['q-learning', 'sarsa', 'expected-sarsa', 'double-q-learning', 'n-step-sarsa', 'dyna-q'] as const;

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
    algorithms: [...TABULAR, 'monte-carlo'],
  },
  {
    env: 'FrozenLake8x8-v1',
    published: '0.63 (Q-learning: Hugging Face)',
    optimum: 0.91322,
    episodes: 10_000,
    algorithms: ['q-learning'],
  },
  {
    env: 'CliffWalking-v1',
    published: '-',
    optimum: -13,
    episodes: 10,
    algorithms: ['q-learning', 'double-q-learning', 'dyna-q'],
  },
  {
    env: 'Taxi-v4',
    published: '7.85 (Q-learning: Hugging Face)',
    optimum: 7.93,
    episodes: 3000,
    algorithms: ['q-learning'],
  },
];

const SEEDS = [1, 2, 3, 4, 5];

interface Trained {
  readonly mean: number;
  readonly steps: number;
  readonly seconds: number;
}

async function trained(
  name: AlgorithmName,
  { env, episodes }: Scores,
  seed: number,
  steps: number | null,
): Promise<Trained> {
  const options = { env, seed, ...(steps === null ? {} : { steps }) };
  const result = await algorithm(name).train(options);
  const { mean } = await evaluate(result.agent, { episodes, seed: 1000 });
  result.agent.policy.dispose();
  return { mean, steps: result.steps, seconds: result.seconds };
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
    'Agents reach the best published scores: five seeds of every algorithm on its environments, with the options that `skein train` takes, evaluated on the same fresh episodes.',
  run: async ({ quick }) => {
    await useBackend('simd');
    const rows: Row[] = [];
    const tasks = ENVIRONMENTS.flatMap((scores) => scores.algorithms.map((name) => ({ name, scores })));
    const started = performance.now();
    for (const [i, { name, scores }] of tasks.entries()) {
      const runs: Trained[] = [];
      for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
        const few = { ...scores, episodes: 10 };
        runs.push(await (quick ? trained(name, few, seed, 2000) : trained(name, scores, seed, null)));
      }
      rows.push(row(name, scores, runs));
      const minutes = ((performance.now() - started) / 60_000).toFixed(1);
      console.error(
        `  ${i + 1}/${tasks.length} ${scores.env} ${name}: IQM ${rows.at(-1)!['IQM']} (${minutes} min so far)`,
      );
    }
    return rows;
  },
};
