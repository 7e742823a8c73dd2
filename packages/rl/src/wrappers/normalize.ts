/**
 * Normalised observations and rewards. Statistics change over time, so training and evaluation must use the same ones
 * or an agent sees another world: `normalizedVectorEnv` gathers them while training, `normalizedDefinition` applies
 * saved ones, unchanged, wherever the agent is evaluated or used.
 */

import { type BoxSpec, box, Float64, SkeinError, type Static, Type, Uint8 } from '@skein/core';
import type { ActionArray, EnvironmentDefinition, EnvSpec } from '../env/definition.ts';
import type { VectorEnv, VectorEnvState } from '../env/vector-env.ts';
import { RunningStatistics, RunningStatisticsState } from './running-statistics.ts';

/** What `normalizedVectorEnv` takes. */
export interface NormalizeOptions {
  readonly observations?: boolean;
  readonly rewards?: boolean;
  /** Discount of the returns whose spread rewards are divided by. */
  readonly gamma?: number;
  /** Added to variances. */
  readonly epsilon?: number;
  /** Normalised observations are clipped to this far from 0. */
  readonly clip?: number;
}

export const normalizeDefaults = {
  observations: true,
  rewards: true,
  gamma: 0.99,
  epsilon: 1e-8,
  clip: Infinity,
} as const satisfies NormalizeOptions;

/** What an agent must be saved with, and what continues a run. */
export const NormalizationState = Type.Object({
  observations: RunningStatisticsState,
  returns: RunningStatisticsState,
});
export type NormalizationState = Static<typeof NormalizationState>;

/** What a normalised environment knows besides the environment's own state. */
export const NormalizerState = Type.Object({
  normalization: NormalizationState,
  /** Discounted return of each row's episode so far. */
  running: Float64,
  ended: Uint8,
});
export type NormalizerState = Static<typeof NormalizerState>;

/** The whole state of a normalised environment, mid-episode. */
export interface NormalizedEnvState extends NormalizerState {
  readonly env: VectorEnvState;
}

/** A vectorised environment whose observations and rewards are normalised. */
export interface NormalizedVectorEnv<A extends EnvSpec = EnvSpec>
  extends Omit<VectorEnv<BoxSpec, A>, 'state' | 'restore'> {
  /** While true, every step changes the statistics; set it to false to evaluate. */
  learning: boolean;
  /** The observations' means and variances, which go on moving. */
  readonly moments: Moments;
  normalization(): NormalizationState;
  state(): NormalizedEnvState;
  restore(saved: NormalizedEnvState): void;
}

/** Normalises a vectorised environment with statistics that it gathers: Gymnasium's vector wrappers, both in one. */
export function normalizedVectorEnv<A extends EnvSpec>(
  env: VectorEnv<BoxSpec, A>,
  options: NormalizeOptions = {},
): NormalizedVectorEnv<A> {
  const settings = { ...normalizeDefaults, ...options };
  const { size } = env.definition.observationSpec;
  const { count } = env;
  const seen = new RunningStatistics(size);
  const returns = new RunningStatistics(1);
  const running = new Float64Array(count);
  const ended = new Uint8Array(count);
  const active = new Float64Array(count);
  const observations = new Float32Array(env.observations.length);
  const finalObservations = new Float32Array(env.observations.length);
  const rewards = new Float64Array(count);
  const normalized: NormalizedVectorEnv<A> = {
    definition: normalizedDefinition(env.definition, { observations: seen, returns }, options),
    count,
    autoreset: env.autoreset,
    observations,
    finalObservations,
    actionMasks: env.actionMasks,
    finalActionMasks: env.finalActionMasks,
    rewards,
    terminated: env.terminated,
    truncated: env.truncated,
    elapsed: env.elapsed,
    learning: true,
    moments: seen,
    info: (row) => env.info(row),
    reset: (seed) => {
      env.reset(seed);
      running.fill(0);
      ended.fill(0);
      rewards.fill(0);
      show();
    },
    step: (actions: ActionArray) => {
      env.step(actions);
      countReturns();
      show();
      const scale = rewardScale(returns, settings);
      for (let row = 0; row < count; row++) rewards[row] = env.rewards[row]! * scale;
    },
    normalization: () => ({ observations: seen.state(), returns: returns.state() }),
    state: () => ({
      env: env.state(),
      normalization: normalized.normalization(),
      running: running.slice(),
      ended: ended.slice(),
    }),
    restore: (saved) => {
      env.restore(saved.env);
      seen.restore(saved.normalization.observations);
      returns.restore(saved.normalization.returns);
      running.set(saved.running);
      ended.set(saved.ended);
      rewards.fill(0);
      apply();
    },
  };

  /** Discounted return so far of every row that really stepped. */
  function countReturns(): void {
    let rows = 0;
    for (let row = 0; row < count; row++) {
      if (ended[row] === 1 && env.autoreset !== 'same-step') continue;
      const goesOn = env.terminated[row] === 1 ? 0 : settings.gamma;
      running[row] = running[row]! * goesOn + env.rewards[row]!;
      active[rows++] = running[row]!;
    }
    if (normalized.learning && settings.rewards) returns.update(active, rows);
    for (let row = 0; row < count; row++) {
      ended[row] = env.terminated[row] === 1 || env.truncated[row] === 1 ? 1 : 0;
      if (ended[row] === 1 && env.autoreset === 'same-step') running[row] = 0;
    }
  }

  function show(): void {
    if (normalized.learning && settings.observations) seen.update(env.observations, count);
    apply();
  }

  function apply(): void {
    for (let row = 0; row < count; row++) {
      standardize(env.observations, row * size, observations, row * size, seen, settings);
      standardize(env.finalObservations, row * size, finalObservations, row * size, seen, settings);
    }
  }

  return normalized;
}

/** Means and variances, saved or still moving. */
export type Moments = Pick<RunningStatisticsState, 'mean' | 'variance'>;

/** A definition whose observations and rewards are normalised by given statistics: what a saved agent is used with. */
export function normalizedDefinition<A extends EnvSpec>(
  definition: EnvironmentDefinition<BoxSpec, A>,
  { observations, returns }: { readonly observations: Moments; readonly returns: Moments },
  options: NormalizeOptions = {},
): EnvironmentDefinition<BoxSpec, A> {
  const settings = { ...normalizeDefaults, ...options };
  const { shape, size, name, description } = definition.observationSpec;
  if (observations.mean.length !== size) {
    throw new SkeinError('CHECKPOINT', `statistics: expected ${size} numbers, got ${observations.mean.length}`);
  }
  const raw = new Float32Array(size);
  const bound = settings.observations ? settings.clip : Infinity;
  return {
    ...definition,
    observationSpec: box(-bound, bound, shape, { name, description }),
    solvedAt: settings.rewards ? null : definition.solvedAt,
    advance: (state, at, actions, actionAt, random) =>
      definition.advance(state, at, actions, actionAt, random) * rewardScale(returns, settings),
    observe: (state, at, out, outAt) => {
      definition.observe(state, at, raw, 0);
      standardize(raw, 0, out, outAt, observations, settings);
    },
  };
}

const rewardScale = ({ variance }: Moments, { rewards, epsilon }: Required<NormalizeOptions>): number =>
  rewards ? 1 / Math.sqrt(variance[0]! + epsilon) : 1;

/** Arrays of numbers that observations are standardised by. */
interface MomentArrays {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** (x - mean) / sqrt(variance + epsilon), clipped; or a copy. */
export function standardize(
  from: Float32Array,
  fromAt: number,
  out: Float32Array,
  outAt: number,
  { mean, variance }: MomentArrays,
  { observations, epsilon, clip }: Required<NormalizeOptions>,
): void {
  for (let i = 0; i < mean.length; i++) {
    const x = from[fromAt + i]!;
    const standard = (x - mean[i]!) / Math.sqrt(variance[i]! + epsilon);
    out[outAt + i] = observations ? Math.min(Math.max(standard, -clip), clip) : x;
  }
}
