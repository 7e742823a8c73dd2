/**
 * Claim: agents solve their task at least 5 times sooner than Stable-Baselines3 and CleanRL with the same networks and
 * hyperparameters, one core each. Solved: an evaluation of 20 episodes every 2000 steps reaches the threshold and 100
 * further episodes confirm it. Evaluations count in Skein's seconds, not in those of the others. No run may take longer
 * than `LIMIT_SECONDS`: one that has not solved its task by then counts as unsolved, and its seconds are a lower bound.
 *
 * Differences that remain: Stable-Baselines3's DQN has Huber's loss, and neither it nor CleanRL's has double DQN; what else
 * CleanRL's scripts do differently is at the top of time_to_solved/cleanrl_side.py. The sides need a Python with
 * stable_baselines3, or with torch and gymnasium, see `pythonWith`. The whole takes about 20 minutes.
 */

import { fileURLToPath } from 'node:url';
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

/** Who trains: `run` is null if the side is not installed, and `missing` says what it lacks. */
interface Side {
  readonly name: string;
  readonly run: ((task: Task, seed: number, seconds: number) => Run | Promise<Run>) | null;
  readonly missing: string;
}

const TASKS: readonly Task[] = [
  { algorithm: 'dqn', env: 'CartPole-v1', threshold: 475 },
  { algorithm: 'ppo', env: 'CartPole-v1', threshold: 475 },
  { algorithm: 'ddpg', env: 'Pendulum-v1', threshold: -180 },
  { algorithm: 'td3', env: 'Pendulum-v1', threshold: -180 },
];

const LIMIT_SECONDS = 60;

/** All that a run is told besides its seed: the defaults of Skein's algorithm. */
const configOf = (task: Task) =>
  configure(algorithm(task.algorithm).config, [{ values: { env: task.env }, label: (option) => option }]);

async function skeinRun(task: Task, seed: number, limit: number): Promise<Run> {
  const start = performance.now();
  const options = { env: task.env, preset: 'none', seed, stopAtReturn: task.threshold };
  const result = await algorithm(task.algorithm).train(options);
  result.agent.policy.dispose();
  const seconds = (performance.now() - start) / 1000;
  return { solved: result.status === 'solved' && seconds <= limit, steps: result.steps, seconds };
}

const FOLDER = fileURLToPath(new URL('./time_to_solved/', import.meta.url));

/** A side in Python: a program beside protocol.py that prints its `Run`. */
function pythonSide(name: string, program: string, ...modules: readonly string[]): Side {
  const python = pythonWith(...modules);
  const missing = `absent: no Python with ${modules.join(', ')}`;
  if (python === null) return { name, run: null, missing };
  const code = `import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[2]); import ${program}`;
  const run = (task: Task, seed: number, seconds: number): Run =>
    runPython<Run>(python, code, [JSON.stringify({ ...task, config: configOf(task), seed, seconds }), FOLDER]);
  return { name, run, missing };
}

function row(task: Task, side: Side, runs: readonly Run[], ours: readonly Run[]): Row {
  const what = { task: `${task.algorithm} ${task.env} >= ${task.threshold}`, side: side.name };
  if (side.run === null) return { ...what, solved: side.missing };
  const seconds = runs.map((run) => run.seconds);
  const middle = median(seconds);
  return {
    ...what,
    solved: `${runs.filter((run) => run.solved).length} of ${runs.length}`,
    'median s': significant(middle),
    'range s': `${significant(Math.min(...seconds))} to ${significant(Math.max(...seconds))}`,
    'times as long as Skein': significant(middle / median(ours.map((run) => run.seconds))),
    'median steps': median(runs.map((run) => run.steps)),
    'steps/s': significant(runs.reduce((sum, run) => sum + run.steps, 0) / seconds.reduce((a, b) => a + b, 0)),
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** All sides' runs of a task, in turns, so that a busy machine is unfair to none. */
async function compared(task: Task, sides: readonly Side[], seeds: readonly number[], limit: number): Promise<Row[]> {
  const runs = sides.map((): Run[] => []);
  for (const seed of seeds) {
    for (const [i, side] of sides.entries()) {
      if (side.run === null) continue;
      const { solved, steps, seconds } = await side.run(task, seed, limit);
      runs[i]!.push({ solved, steps, seconds });
      const end = solved ? 'solved' : 'not solved';
      console.error(
        `  ${task.algorithm} ${task.env} seed ${seed}, ${side.name}: ${end}, ${steps} steps, ${seconds.toFixed(1)} s`,
      );
    }
  }
  return sides.map((side, i) => row(task, side, runs[i]!, runs[0]!));
}

export const benchmark: Benchmark = {
  claim:
    'Agents solve their task at least 5 times sooner than with Stable-Baselines3 and CleanRL, same networks and hyperparameters, one core each.',
  run: async ({ quick }) => {
    await useBackend('simd');
    const sides: readonly Side[] = [
      { name: 'Skein', run: skeinRun, missing: '' },
      pythonSide('Stable-Baselines3', 'stable_baselines3_side', 'stable_baselines3'),
      pythonSide('CleanRL (its loops, written anew)', 'cleanrl_side', 'torch', 'gymnasium'),
    ];
    const [seeds, limit] = quick ? [[1], 10] : [[1, 2, 3, 4, 5], LIMIT_SECONDS];
    const rows: Row[] = [];
    for (const task of TASKS) rows.push(...(await compared(task, sides, seeds, limit)));
    return rows;
  },
};
