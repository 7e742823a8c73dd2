/**
 * Claim: agents solve their task at least 5 times sooner than Stable-Baselines3 with the same networks and
 * hyperparameters, one core each. Solved: an evaluation of 20 episodes every 2000 steps reaches the threshold and 100
 * further episodes confirm it. Evaluations count in Skein's seconds, not in Stable-Baselines3's. Two differences remain:
 * Stable-Baselines3's DQN has Huber's loss and no double DQN. Its column needs a Python with stable_baselines3, see
 * `pythonWith`.
 */

import { readFileSync } from 'node:fs';
import { configure } from '@skein/core';
import { useBackend } from '@skein/nn';
import { algorithm } from '@skein/rl';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

interface Task {
  readonly algorithm: string;
  readonly env: string;
  readonly threshold: number;
}

/** One run: how it ended. */
interface Run {
  readonly solved: boolean;
  readonly steps: number;
  readonly seconds: number;
}

const TASKS: readonly Task[] = [
  { algorithm: 'dqn', env: 'CartPole-v1', threshold: 475 },
  { algorithm: 'ddpg', env: 'Pendulum-v1', threshold: -180 },
  { algorithm: 'td3', env: 'Pendulum-v1', threshold: -180 },
  { algorithm: 'sac', env: 'Pendulum-v1', threshold: -180 },
];

async function skeinRun(task: Task, seed: number): Promise<Run> {
  const start = performance.now();
  const result = await algorithm(task.algorithm).train({ env: task.env, seed, stopAtReturn: task.threshold });
  result.agent.policy.dispose();
  const seconds = (performance.now() - start) / 1000;
  return { solved: result.status === 'solved', steps: result.steps, seconds };
}

const program = (): string => readFileSync(new URL('./time_to_solved.py', import.meta.url), 'utf8');

function pythonRun(python: string, task: Task, seed: number): Run {
  const { config: schema } = algorithm(task.algorithm);
  const config = configure(schema, [{ values: { env: task.env }, label: (option) => option }]);
  return runPython<Run[]>(python, program(), [JSON.stringify({ ...task, config, seeds: [seed] })])[0] as Run;
}

function row(task: Task, side: string, runs: readonly Run[]): Row {
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  const seconds = runs.map((run) => run.seconds);
  return {
    task: `${task.algorithm} ${task.env} >= ${task.threshold}`,
    side,
    solved: `${runs.filter((run) => run.solved).length} of ${runs.length}`,
    'median s': significant(median(seconds)),
    'range s': `${significant(Math.min(...seconds))} to ${significant(Math.max(...seconds))}`,
    'median steps': median(runs.map((run) => run.steps)),
    'steps/s': significant(runs.reduce((sum, run) => sum + run.steps, 0) / seconds.reduce((a, b) => a + b, 0)),
  };
}

export const benchmark: Benchmark = {
  claim: 'Agents solve their task at least 5 times sooner than with Stable-Baselines3, one core each.',
  run: async ({ quick }) => {
    await useBackend('simd');
    const python = pythonWith('stable_baselines3');
    const seeds = quick ? [1] : [1, 2, 3, 4, 5];
    const rows: Row[] = [];
    for (const task of quick ? TASKS.slice(0, 1) : TASKS) {
      const [ours, theirs]: [Run[], Run[]] = [[], []];
      // In turns, so that a busy machine is unfair to neither.
      for (const seed of seeds) {
        ours.push(await skeinRun(task, seed));
        if (python !== null && !quick) theirs.push(pythonRun(python, task, seed));
      }
      rows.push(row(task, 'Skein', ours));
      const side = 'Stable-Baselines3';
      if (theirs.length > 0) rows.push(row(task, side, theirs));
      else if (!quick) rows.push({ task: rows.at(-1)?.['task'] ?? '', side, solved: 'absent: no stable_baselines3' });
    }
    return rows;
  },
};
