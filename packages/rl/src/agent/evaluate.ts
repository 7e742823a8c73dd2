/**
 * Evaluation as benchmarks do it: a fresh environment, actions without exploration, undiscounted rewards. Episode i
 * starts from seed + i, so two agents evaluated with one seed face the same starts. Episodes run side by side, one a
 * row, and each counts once: taking the first n that finish would favour short ones.
 */

import { SkeinError, show } from '@skein/core';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray, type VectorEnv, vectorEnv } from '../env/vector-env.ts';
import type { Agent } from './agent.ts';
import type { Policy } from './policy.ts';

/** What `evaluate` takes. */
export interface EvaluateOptions {
  readonly episodes?: number;
  /** Episode i starts from seed + i. */
  readonly seed?: number;
  /** Another environment than the agent's own, with the same specs. */
  readonly definition?: EnvironmentDefinition;
  /** Steps after which an episode of an environment without a time limit is cut off. */
  readonly stepLimit?: number;
}

export const evaluateDefaults = { episodes: 100, seed: 0, stepLimit: 10_000 } as const satisfies EvaluateOptions;

/** Undiscounted returns over episodes. `std` is the population's standard deviation. */
export interface Evaluation {
  readonly episodes: number;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly meanLength: number;
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
}

/** Episodes that run side by side. */
const ROWS = 100;

/** Evaluates an agent on its environment, or on `options.definition`. */
export async function evaluate(agent: Agent, options: EvaluateOptions = {}): Promise<Evaluation> {
  return evaluatePolicy(agent.policy, options.definition ?? agent.definition, options);
}

/** Evaluates a policy on an environment. Throws `INPUT` unless `episodes` is a positive integer. */
export function evaluatePolicy(
  policy: Pick<Policy, 'act'>,
  definition: EnvironmentDefinition,
  options: Omit<EvaluateOptions, 'definition'> = {},
): Evaluation {
  const { episodes, seed, stepLimit } = { ...evaluateDefaults, ...options };
  if (!Number.isSafeInteger(episodes) || episodes < 1) {
    throw new SkeinError('INPUT', `episodes: expected a positive integer, got ${show(episodes)}`);
  }
  const limited = { ...definition, stepLimit: definition.stepLimit ?? stepLimit };
  const returns: number[] = [];
  const lengths: number[] = [];
  for (let first = 0; first < episodes; first += ROWS) {
    const env = vectorEnv(limited, { count: Math.min(ROWS, episodes - first), autoreset: 'next-step' });
    env.reset({ seed: seed + first });
    const played = playEach(policy, env);
    returns.push(...played.returns);
    lengths.push(...played.lengths);
  }
  return summary(returns, lengths);
}

/** One episode in every row. Rows that are done step on and are ignored. */
function playEach(policy: Pick<Policy, 'act'>, env: VectorEnv): { returns: number[]; lengths: number[] } {
  const returns = new Array<number>(env.count).fill(0);
  const lengths = new Array<number>(env.count).fill(0);
  const actions: ActionArray = actionArray(env.definition.actionSpec, env.count);
  let running = env.count;
  while (running > 0) {
    actions.set(policy.act(env.observations, env.count, env.actionMasks));
    env.step(actions);
    for (let row = 0; row < env.count; row++) {
      if (lengths[row]! > 0) continue;
      returns[row] = returns[row]! + env.rewards[row]!;
      if (env.terminated[row] === 0 && env.truncated[row] === 0) continue;
      lengths[row] = env.elapsed[row]!;
      running--;
    }
  }
  return { returns, lengths };
}

function summary(returns: readonly number[], lengths: readonly number[]): Evaluation {
  const mean = average(returns);
  return {
    episodes: returns.length,
    mean,
    std: Math.sqrt(average(returns.map((value) => (value - mean) ** 2))),
    min: Math.min(...returns),
    max: Math.max(...returns),
    meanLength: average(lengths),
    returns,
    lengths,
  };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
