/** One episode of an agent, step by step: what recordings, terminals and users' own loops look at. */

import type { EnvironmentDefinition } from '../env/definition.ts';
import { type Environment, environment } from '../env/environment.ts';
import type { Agent } from './agent.ts';

/** What `playEpisode` takes. */
export interface PlayOptions {
  /** The episode's start. */
  readonly seed?: number;
  /** Another environment than the agent's own, with the same specs. */
  readonly definition?: EnvironmentDefinition;
  /** Steps after which the episode is left in any case. */
  readonly stepLimit?: number;
}

export const playDefaults = { seed: 0, stepLimit: 1000 } as const satisfies PlayOptions;

/** A moment of an episode: after `reset` (step 0) or after a step. */
export interface PlayedStep {
  /** Shows the moment until the next one is asked for. */
  readonly env: Environment;
  readonly step: number;
  /** Sum of the rewards so far. */
  readonly return: number;
  /** True at the last moment: the episode ended or `stepLimit` was reached. */
  readonly last: boolean;
}

/** Plays an episode without exploration, a moment at a time. */
export function* playEpisode(
  agent: Pick<Agent, 'act' | 'definition'>,
  options: PlayOptions = {},
): Generator<PlayedStep, void, void> {
  const { seed, stepLimit } = { ...playDefaults, ...options };
  const env = environment(options.definition ?? agent.definition);
  let { observation, info } = env.reset({ seed });
  let total = 0;
  yield { env, step: 0, return: 0, last: false };
  for (let step = 1; ; step++) {
    const result = env.step(agent.act(observation, info['action_mask'] as number[] | undefined));
    ({ observation, info } = result);
    total += result.reward;
    const last = result.terminated || result.truncated || step >= stepLimit;
    yield { env, step, return: total, last };
    if (last) return;
  }
}
