/** Action values from a network, and the policy that takes the largest. */

import type { Rng } from '@skein/core';
import { initialise, tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { type Features, featuresOf } from './features.ts';
import { networkPolicy } from './network-policy.ts';
import { perceptron } from './perceptron.ts';

/** A network of action values for discrete actions. */
export interface QNetwork {
  readonly model: tf.LayersModel;
  readonly features: Features;
  /** Number of actions. */
  readonly actions: number;
  /** The smallest action. */
  readonly firstAction: number;
  /** True if the model gives a state value and then one advantage an action, instead of values. */
  readonly dueling: boolean;
}

/** How `qNetwork` builds. */
export interface QNetworkOptions {
  readonly hiddenUnits: readonly number[];
  readonly dueling: boolean;
  readonly rng: Rng;
}

/** A network of action values for an environment with discrete actions. */
export function qNetwork(definition: EnvironmentDefinition, options: QNetworkOptions): QNetwork {
  const { actionSpec, observationSpec } = definition;
  const { hiddenUnits, dueling, rng } = options;
  const features = featuresOf(observationSpec);
  const { n, start } = actionSpec as typeof actionSpec & { kind: 'discrete' };
  const model = dueling
    ? duelingModel(features.size, hiddenUnits, n, rng)
    : perceptron({ inputs: features.size, hidden: hiddenUnits, outputs: n, rng });
  return { model, features, actions: n, firstAction: start, dueling };
}

/** Shared layers, then a last hidden layer for each of the value and the advantages, which come out side by side. */
function duelingModel(inputs: number, hidden: readonly number[], actions: number, rng: Rng): tf.LayersModel {
  const input = tf.input({ shape: [inputs] });
  const dense = (units: number, activation: 'relu' | 'linear', x: tf.SymbolicTensor) =>
    tf.layers.dense({ units, activation, kernelInitializer: 'zeros' }).apply(x) as tf.SymbolicTensor;
  const shared = hidden.slice(0, -1).reduce((x, units) => dense(units, 'relu', x), input);
  const head = (outputs: number) => {
    const last = hidden.at(-1);
    return dense(outputs, 'linear', last === undefined ? shared : dense(last, 'relu', shared));
  };
  const outputs = tf.layers.concatenate().apply([head(1), head(actions)]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs });
  initialise(model, { rng, kernel: 'fanInUniform' });
  return model;
}

/** Action values `[rows, actions]` of network inputs, inside of compiled functions too. */
export function actionValues({ model, dueling, actions }: QNetwork, inputs: tf.Tensor): tf.Tensor {
  const out = model.apply(inputs) as tf.Tensor2D;
  if (!dueling) return out;
  const value = tf.slice2d(out, [0, 0], [-1, 1]);
  const advantages = tf.slice2d(out, [0, 1], [-1, actions]);
  return tf.add(value, tf.sub(advantages, tf.mean(advantages, 1, true)));
}

/** Largest index of row `row` of `values` `[rows, n]`; the first one among equals. */
export function argmaxRow(values: ArrayLike<number>, row: number, n: number): number {
  let best = 0;
  for (let a = 1; a < n; a++) if (values[row * n + a]! > values[row * n + best]!) best = a;
  return best;
}

/** The greedy policy of a network of action values. */
export function greedyPolicy(definition: EnvironmentDefinition, network: QNetwork): Policy {
  const { model, actions: n, firstAction } = network;
  return networkPolicy({
    definition,
    model,
    outputs: n,
    forward: (inputs) => actionValues(network, inputs),
    decide: (values, actions) => {
      for (let row = 0; row < actions.length; row++) actions[row] = firstAction + argmaxRow(values, row, n);
    },
  });
}
