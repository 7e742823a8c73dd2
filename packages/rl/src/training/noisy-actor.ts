/** How agents with a deterministic actor explore: noise on their scaled actions. */

import type { Rng } from '@skein/core';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionScale } from '../network/actor-critic.ts';
import { type ActionNoise, correlatedGaussianNoise, gaussianNoise, ornsteinUhlenbeckNoise } from '../noise.ts';
import type { NoisyActorCriticConfig } from './actor-critic-options.ts';

/** Exploration around a deterministic policy. */
export interface NoisyExploration {
  readonly noise: ActionNoise;
  explore(observations: Float32Array, actions: ActionArray, rngs: readonly Rng[]): void;
}

type NoiseConfig = Pick<NoisyActorCriticConfig, 'noise' | 'noiseStd' | 'noiseCorrelation' | 'envCount'>;

function noiseOf({ noise, noiseStd, noiseCorrelation }: NoiseConfig, size: number): ActionNoise {
  if (noise === 'ornstein-uhlenbeck') return ornsteinUhlenbeckNoise(noiseStd, size);
  return noiseCorrelation > 0 ? correlatedGaussianNoise(noiseStd, noiseCorrelation, size) : gaussianNoise(noiseStd);
}

/** The exploration that the options mean. */
export function noisyExploration(
  definition: EnvironmentDefinition,
  policy: Policy,
  config: NoiseConfig,
): NoisyExploration {
  const scale = actionScale(definition);
  const size = config.envCount * scale.size;
  const scaled = new Float32Array(size);
  const noise = noiseOf(config, size);
  return {
    noise,
    explore: (observations, actions, rngs) => {
      scale.toScaled(policy.act(observations, config.envCount), scaled);
      noise.addTo(scaled, rngs);
      scale.toEnvironment(scaled, actions);
    },
  };
}
