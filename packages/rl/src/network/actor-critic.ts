/** Networks of the actor-critic algorithms: actions in [-1, 1], scaled to the environment's bounds at its door. */

import { type Rng, SkeinError } from '@skein/core';
import { tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import type { Batch } from '../replay/uniform.ts';
import { applyNetwork, type NetworkFactory, networkRequest } from './factory.ts';
import { networkPolicy } from './network-policy.ts';
import { perceptron } from './perceptron.ts';

/** Between the environment's bounds and [-1, 1]. */
export interface ActionScale {
  readonly size: number;
  /** Writes environment actions for scaled ones, both `[rows, size]`. */
  toEnvironment(scaled: ArrayLike<number>, out: ActionArray): void;
  /** Writes scaled actions for environment ones. */
  toScaled(actions: ArrayLike<number>, out: Float32Array): void;
}

/** The scale of an environment's actions. Throws `CONFIG` if a bound is infinite. */
export function actionScale({ actionSpec, id }: EnvironmentDefinition): ActionScale {
  const { low, high, size } = actionSpec as typeof actionSpec & { kind: 'box' };
  if (![...low, ...high].every(Number.isFinite)) {
    throw new SkeinError('CONFIG', `env: expected finite action bounds, got ${id} with [${low}] to [${high}]`, {
      advice: 'give the action spec bounds; policies act within them',
    });
  }
  return {
    size,
    toEnvironment: (scaled, out) => {
      for (let i = 0; i < out.length; i++) {
        const a = low[i % size]!;
        const b = high[i % size]!;
        out[i] = a + ((scaled[i]! + 1) / 2) * (b - a);
      }
    },
    toScaled: (actions, out) => {
      for (let i = 0; i < out.length; i++) {
        const a = low[i % size]!;
        const b = high[i % size]!;
        out[i] = ((actions[i]! - a) / (b - a)) * 2 - 1;
      }
    },
  };
}

/** How actors and critics are built. */
export interface ActorCriticOptions {
  readonly hiddenUnits: readonly number[];
  readonly networks: NetworkFactory;
  readonly rng: Rng;
}

/** A network from observations to `outputs` numbers; `tanh` keeps them within [-1, 1]. */
export function actor(
  definition: EnvironmentDefinition,
  outputs: number,
  outputActivation: 'tanh' | 'linear',
  { hiddenUnits: hidden, networks, rng }: ActorCriticOptions,
): tf.LayersModel {
  const { size: inputs } = networks.features(definition.observationSpec);
  const request = { role: 'actor', observationSize: inputs, actionSize: 0, outputs, rng };
  return networks.make(networkRequest(definition, request), () =>
    perceptron({ inputs, hidden, outputs, outputActivation, rng }),
  );
}

/** A network from observation and scaled action, side by side, to a value. */
export function critic(
  definition: EnvironmentDefinition,
  { hiddenUnits: hidden, networks, rng }: ActorCriticOptions,
): tf.LayersModel {
  const { size: observationSize } = networks.features(definition.observationSpec);
  const { size: actionSize } = definition.actionSpec;
  const request = { role: 'critic', observationSize, actionSize, outputs: 1, rng };
  return networks.make(networkRequest(definition, request), () =>
    perceptron({ inputs: observationSize + actionSize, hidden, outputs: 1, rng }),
  );
}

/** Values `[rows]` of observations and scaled actions, inside of compiled functions. */
export function criticValues(model: tf.LayersModel, observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
  return tf.squeeze(applyNetwork(model, observations, { actions }), [1]);
}

/** The arguments of a gradient step on a batch. */
export type BatchTensors = [
  observations: tf.Tensor,
  actions: tf.Tensor,
  rewards: tf.Tensor,
  discounts: tf.Tensor,
  nextObservations: tf.Tensor,
  weights: tf.Tensor,
  noise: tf.Tensor,
];

/** Makes the arguments of a gradient step of batches: network inputs, scaled actions and fresh normal noise. */
export interface BatchInputs {
  /** Shapes of `BatchTensors`, for `compile`. */
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  of(batch: Batch, rng: Rng): Float32Array[];
}

/** The inputs of batches of `size`; `noiseRows` rows of noise as wide as an action. */
export function batchInputs(
  definition: EnvironmentDefinition,
  networks: NetworkFactory,
  size: number,
  noiseRows: number,
): BatchInputs {
  // Two converters: each reuses one array.
  const { observationSpec } = definition;
  const [now, next] = [networks.features(observationSpec), networks.features(observationSpec)];
  const scale = actionScale(definition);
  const actions = new Float32Array(size * scale.size);
  const noise = new Float32Array(noiseRows * scale.size);
  const shapes = [
    [size, now.size],
    [size, scale.size],
    [size],
    [size],
    [size, now.size],
    [size],
    [noiseRows, scale.size],
  ];
  return {
    inputs: shapes.map((shape) => ({ shape })),
    of: (batch, rng) => {
      scale.toScaled(batch.actions, actions);
      rng.fillNormal(noise);
      return [
        now.of(batch.observations, size),
        actions,
        batch.rewards,
        batch.discounts,
        next.of(batch.nextObservations, size),
        batch.weights,
        noise,
      ];
    },
  };
}

/** The policy that takes the actor's mean action. `mean` maps network inputs to scaled actions; the actor if left out. */
export function actorPolicy(
  definition: EnvironmentDefinition,
  networks: NetworkFactory,
  model: tf.LayersModel,
  mean?: (inputs: tf.Tensor) => tf.Tensor,
): Policy {
  const scale = actionScale(definition);
  return networkPolicy({
    definition,
    model,
    features: networks.features(definition.observationSpec),
    outputs: scale.size,
    ...(mean === undefined ? {} : { forward: mean }),
    decide: (scaled, actions) => scale.toEnvironment(scaled, actions),
  });
}
