/**
 * Claim: vectorised CartPole steps at least 100 times as often a second as Gymnasium's single environment, per core.
 * All sides take the same random actions' worth of work: 64 copies where there are several, episodes restarted. EnvPool
 * has one thread. The columns of Gymnasium and EnvPool need a Python with gymnasium and envpool, see `pythonWith`. The
 * whole takes about 6 minutes.
 */

import { readFileSync } from 'node:fs';
import { createRng } from '@skein/core';
import {
  actionArray,
  type EnvironmentDefinition,
  environmentDefinition,
  makeEnv,
  sampleActions,
  vectorEnv,
} from '@skein/rl';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

const ROWS = 64;
const IDS = [
  'CartPole-v1',
  'MountainCar-v0',
  'MountainCarContinuous-v0',
  'Pendulum-v1',
  'Acrobot-v1',
  'FrozenLake-v1',
  'CliffWalking-v1',
  'Taxi-v4',
  'Blackjack-v1',
];

/** Calls of `run` for a while, after a warm-up; steps a second. */
function rate(seconds: number, steps: number, run: () => void): number {
  const warm = performance.now() + 250;
  while (performance.now() < warm) run();
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < 1000 * seconds) {
    run();
    done += steps;
  }
  return (1000 * done) / (performance.now() - start);
}

function vectorised(definition: EnvironmentDefinition, seconds: number): number {
  const env = vectorEnv(definition, { count: ROWS });
  const rng = createRng(0);
  const actions = Array.from({ length: 100 }, () => {
    const all = actionArray(definition.actionSpec, ROWS);
    sampleActions(definition.actionSpec, rng, all);
    return all;
  });
  env.reset({ seed: 0 });
  return rate(seconds, ROWS * actions.length, () => {
    for (const action of actions) env.step(action);
  });
}

function single(definition: EnvironmentDefinition, seconds: number): number {
  const env = makeEnv(definition);
  const { size, kind } = definition.actionSpec;
  const all = actionArray(definition.actionSpec, 1000);
  sampleActions(definition.actionSpec, createRng(0), all);
  const actions = Array.from({ length: 1000 }, (_, i) =>
    kind === 'discrete' ? all[i]! : all.subarray(i * size, (i + 1) * size),
  );
  env.reset({ seed: 0 });
  return rate(seconds, actions.length, () => {
    for (const action of actions) {
      const { terminated, truncated } = env.step(action);
      if (terminated || truncated) env.reset();
    }
  });
}

interface PythonRates {
  readonly single: number;
  readonly sync: number;
  readonly numpy?: number;
  readonly envpool?: number;
}

const PROGRAM = readFileSync(new URL('./env_steps.py', import.meta.url), 'utf8');

/** Median of a side's turns. */
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function measured(id: string, python: string | null, seconds: number, rounds: number): Row {
  const definition = environmentDefinition(id);
  const turns = Array.from({ length: rounds }, () => ({
    python: python === null ? null : runPython<Record<string, PythonRates>>(python, PROGRAM, [`${seconds}`, id])[id]!,
    single: single(definition, seconds),
    vectorised: vectorised(definition, seconds),
  }));
  const ours = { single: median(turns.map((t) => t.single)), vectorised: median(turns.map((t) => t.vectorised)) };
  const theirs = (side: keyof PythonRates): number | null => {
    const rates = turns.flatMap((turn) => turn.python?.[side] ?? []);
    return rates.length === 0 ? null : median(rates);
  };
  const shown = (value: number | null): number | string => (value === null ? '-' : significant(value));
  const [base, envpool] = [theirs('single'), theirs('envpool')];
  return {
    environment: id,
    'Skein, 64 copies (steps/s)': significant(ours.vectorised),
    'Skein, single': significant(ours.single),
    'Gymnasium, single': python === null ? 'no Python with gymnasium' : shown(base),
    'Gymnasium, 64 in sync': shown(theirs('sync')),
    'Gymnasium, 64 in NumPy': shown(theirs('numpy')),
    'EnvPool, 64 copies, one thread': envpool === null ? 'no Python with envpool' : significant(envpool),
    '64 copies to Gymnasium single': base === null ? '-' : significant(ours.vectorised / base),
    '64 copies to EnvPool': envpool === null ? '-' : significant(ours.vectorised / envpool),
    'single to single': base === null ? '-' : significant(ours.single / base),
  };
}

export const benchmark: Benchmark = {
  claim:
    "Vectorised CartPole makes at least 100 times as many steps a second as Gymnasium's single environment, on one core.",
  run: async ({ quick }) => {
    const python = pythonWith('gymnasium');
    return IDS.map((id, i) => {
      console.error(`  ${i + 1}/${IDS.length} ${id}`);
      return measured(id, python, quick ? 0.2 : 1, quick ? 1 : 5);
    });
  },
};
