/** One episode of an agent as a moving picture: an SVG file that any browser plays. */

import type { EnvironmentDefinition } from '../env/definition.ts';
import { environment } from '../env/environment.ts';
import { animatedSvg } from '../render/picture.ts';
import type { Agent } from './agent.ts';

/** What `recordEpisode` takes. */
export interface RecordOptions {
  /** The episode's start. */
  readonly seed?: number;
  /** Another environment than the agent's own, with the same specs. */
  readonly definition?: EnvironmentDefinition;
  /** Steps after which the recording ends in any case. */
  readonly stepLimit?: number;
  readonly framesPerSecond?: number;
}

export const recordDefaults = { seed: 0, stepLimit: 1000, framesPerSecond: 30 } as const satisfies RecordOptions;

/** A recorded episode. */
export interface Recording {
  /** An animated SVG document: the start and every step. */
  readonly svg: string;
  readonly return: number;
  readonly length: number;
}

/** Plays an episode without exploration and draws it. Throws `ENVIRONMENT` if the environment draws no pictures. */
export function recordEpisode(agent: Pick<Agent, 'act' | 'definition'>, options: RecordOptions = {}): Recording {
  const { seed, stepLimit, framesPerSecond } = { ...recordDefaults, ...options };
  const env = environment(options.definition ?? agent.definition);
  let { observation } = env.reset({ seed });
  const pictures = [env.picture()];
  let total = 0;
  for (let length = 1; ; length++) {
    const step = env.step(agent.act(observation));
    observation = step.observation;
    total += step.reward;
    pictures.push(env.picture());
    if (step.terminated || step.truncated || length >= stepLimit) {
      return { svg: animatedSvg(pictures, framesPerSecond), return: total, length };
    }
  }
}
