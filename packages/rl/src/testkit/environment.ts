/** The environment contract as tests: one line checks a definition, in the single and in the vectorised form. */

import { contains, createRng, type Rng, sampleSpec } from '@skein/core';
import { describe, expect, test } from 'vitest';
import type { ActionArray, ActionOf, EnvironmentDefinition, EnvSpec } from '../env/definition.ts';
import { type Environment, environment } from '../env/environment.ts';
import { type Autoreset, actionArray, sampleActions, type VectorEnv, vectorEnv } from '../env/vector-env.ts';

/** Laws that a definition does not keep, each with the reason. */
export type Skips = Readonly<Record<string, string>>;

/** Steps within which random actions should end an episode where the definition has no time limit. */
const PATIENCE = 5000;

/** Registers the contract's tests for a definition. Skipped laws are reported with their reason. */
export function environmentConformance(definition: EnvironmentDefinition, skip: Skips = {}): void {
  describe(`${definition.id}: environment contract`, () => {
    for (const [law, check] of Object.entries(LAWS)) {
      const reason = skip[law];
      if (reason === undefined) test(law, () => check(definition));
      else test.skip(`${law} (skipped: ${reason})`, () => {});
    }
  });
}

const LAWS: Readonly<Record<string, (definition: EnvironmentDefinition) => void>> = {
  'equal seeds give equal episodes, other seeds other ones': (definition) => {
    expect(trace(definition, 7)).toEqual(trace(definition, 7));
    expect(trace(definition, 7)).not.toEqual(trace(definition, 8));
  },
  'observations belong to the observation spec': (definition) => {
    const { env, rng } = single(definition, 1);
    let observation = env.reset({ seed: 1 }).observation;
    for (let i = 0; i < 300; i++) {
      expect(contains(definition.observationSpec, observation)).toBe(true);
      const step = env.step(randomAction(definition, rng));
      observation = step.observation;
      expect(Number.isFinite(step.reward)).toBe(true);
      if (step.terminated || step.truncated) observation = env.reset().observation;
    }
  },
  'observations handed out are not changed by later steps': (definition) => {
    const { env, rng } = single(definition, 2);
    const { observation } = env.reset({ seed: 2 });
    const before = structuredClone(observation);
    env.step(randomAction(definition, rng));
    expect(observation).toEqual(before);
  },
  'the time limit truncates at exactly its step': (definition) => {
    const limited = { ...definition, stepLimit: 3, isTerminal: () => false };
    const { env, rng } = single(limited, 3);
    env.reset({ seed: 3 });
    const truncated = [1, 2, 3].map(() => env.step(randomAction(definition, rng)).truncated);
    expect(truncated).toEqual([false, false, true]);
  },
  'stepping before reset and past the end throws ENVIRONMENT': (definition) => {
    const { env, rng } = single({ ...definition, stepLimit: 1 }, 4);
    const step = () => env.step(randomAction(definition, rng));
    expect(step).toThrow(/before the first reset/);
    env.reset({ seed: 4 });
    step();
    expect(step).toThrow(/after the end of the episode/);
  },
  'an action outside the spec throws and changes nothing': (definition) => {
    const { env } = single(definition, 5);
    env.reset({ seed: 5 });
    const before = env.state();
    const wrong =
      definition.actionSpec.kind === 'discrete' ? -1 : new Float32Array(definition.actionSpec.size).fill(NaN);
    expect(() => env.step(wrong)).toThrow(/expected/);
    expect(env.state()).toEqual(before);
  },
  'an episode restored midway goes on as the original': (definition) => {
    const original = single(definition, 6);
    original.env.reset({ seed: 6 });
    const actions = Array.from({ length: 30 }, () => randomAction(definition, original.rng));
    const early = actions.slice(0, 4);
    for (const action of early) stepOn(original.env, action);
    const saved = structuredClone(original.env.state());
    const rest = actions.slice(4).map((action) => stepOn(original.env, action));
    const copy = environment(definition);
    copy.restore(saved);
    expect(actions.slice(4).map((action) => stepOn(copy, action))).toEqual(rest);
  },
  'row i of a vectorised environment is the single environment of seed + i': (definition) => {
    const rows = vectorEnv(definition, { count: 3, autoreset: 'next-step' });
    rows.reset({ seed: 10 });
    const singles = [0, 1, 2].map((i) => {
      const env = environment(definition);
      env.reset({ seed: 10 + i });
      return { env, ended: false };
    });
    const rng = createRng(10);
    const actions = actionArray(definition.actionSpec, 3);
    for (let i = 0; i < 250; i++) {
      sampleActions(definition.actionSpec, rng, actions);
      rows.step(actions);
      for (const [r, row] of singles.entries()) compareRow(definition, rows, row, actions, r);
    }
  },
  'same-step and next-step autoreset visit the same states': (definition) => {
    const same = episodes(definition, 'same-step');
    const next = episodes(definition, 'next-step');
    expect(same).toEqual(next);
  },
};

function single(definition: EnvironmentDefinition, seed: number): { env: Environment; rng: Rng } {
  return { env: environment(definition), rng: createRng(seed) };
}

function randomAction({ actionSpec }: EnvironmentDefinition, rng: Rng): ActionOf<EnvSpec> {
  return sampleSpec(actionSpec, rng) as ActionOf<EnvSpec>;
}

/** One episode (or PATIENCE steps) of random actions as plain data. */
function trace(definition: EnvironmentDefinition, seed: number): unknown[] {
  const { env, rng } = single(definition, seed);
  const steps: unknown[] = [env.reset({ seed })];
  for (let i = 0; i < PATIENCE; i++) {
    const step = env.step(randomAction(definition, rng));
    steps.push(step);
    if (step.terminated || step.truncated) break;
  }
  return steps;
}

function stepOn(env: Environment, action: ActionOf<EnvSpec>): unknown {
  const step = env.step(action);
  return step.terminated || step.truncated ? [step, env.reset()] : [step];
}

function compareRow(
  definition: EnvironmentDefinition,
  rows: VectorEnv,
  row: { env: Environment; ended: boolean },
  actions: ActionArray,
  r: number,
): void {
  const { size } = definition.observationSpec;
  const observed = rows.observations.slice(r * size, (r + 1) * size);
  const asArray = (o: number | Float32Array) => (typeof o === 'number' ? Float32Array.of(o) : o);
  if (row.ended) {
    row.ended = false;
    expect(observed).toEqual(asArray(row.env.reset().observation));
    expect([rows.rewards[r], rows.terminated[r], rows.truncated[r]]).toEqual([0, 0, 0]);
    return;
  }
  const actionSize = definition.actionSpec.size;
  const action =
    definition.actionSpec.kind === 'discrete' ? actions[r]! : actions.slice(r * actionSize, (r + 1) * actionSize);
  const step = row.env.step(action);
  row.ended = step.terminated || step.truncated;
  expect(observed).toEqual(asArray(step.observation));
  expect([rows.rewards[r], rows.terminated[r] === 1, rows.truncated[r] === 1]).toEqual([
    step.reward,
    step.terminated,
    step.truncated,
  ]);
}

/** The transitions of two rows over some episodes, row by row, without the steps that only reset. */
function episodes(definition: EnvironmentDefinition, autoreset: Autoreset): number[][][] {
  const limited = { ...definition, stepLimit: Math.min(definition.stepLimit ?? 25, 25) };
  const env = vectorEnv(limited, { count: 2, autoreset });
  const { size } = definition.observationSpec;
  env.reset({ seed: 20 });
  const streams = [createRng(1), createRng(2)];
  const actions = actionArray(definition.actionSpec, 2);
  const seen: number[][][] = [[], []];
  for (let i = 0; i < 120; i++) {
    const resetting = [0, 1].map(
      (r) => autoreset === 'next-step' && (env.terminated[r] === 1 || env.truncated[r] === 1),
    );
    const one = actions.subarray(0, definition.actionSpec.size);
    const other = actions.subarray(definition.actionSpec.size);
    [one, other].forEach((row, r) => {
      if (resetting[r] !== true) sampleActions(definition.actionSpec, streams[r]!, row);
    });
    env.step(actions);
    for (let r = 0; r < 2; r++) {
      if (resetting[r] === true) continue;
      const ended = env.terminated[r] === 1 || env.truncated[r] === 1;
      const from = ended ? env.finalObservations : env.observations;
      seen[r]!.push([
        env.rewards[r]!,
        env.terminated[r]!,
        env.truncated[r]!,
        ...from.subarray(r * size, (r + 1) * size),
      ]);
    }
  }
  // With next-step resets at least every other step is a transition.
  return seen.map((row) => row.slice(0, 60));
}
