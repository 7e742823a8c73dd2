/** Action values from a network, and the policy that takes the largest. */

import type { Rng } from '@skein/core';
import { tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import { bestLegalAction } from '../env/action-mask.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { applyNetwork, type NetworkFactory, networkRequest } from './factory.ts';
import type { Features } from './features.ts';
import { networkPolicy } from './network-policy.ts';
import { noisyDense } from './noisy-dense.ts';
import { drawWeights, perceptron } from './perceptron.ts';
import type { ValueHead } from './value-head.ts';

/** A network of action values for discrete actions. */
export interface QNetwork {
  readonly model: tf.LayersModel;
  readonly features: Features;
  /** What the outputs of an action mean. */
  readonly head: ValueHead;
  /** Number of actions. */
  readonly actions: number;
  /** The smallest action. */
  readonly firstAction: number;
  /** True if the model gives a state's outputs and then each action's advantages, instead of outputs of actions. */
  readonly dueling: boolean;
}

/** How `qNetwork` builds. */
export interface QNetworkOptions {
  readonly hiddenUnits: readonly number[];
  readonly dueling: boolean;
  /** Noise on the weights of the last hidden layer and of the outputs. */
  readonly noisy: boolean;
  readonly noisySigma: number;
  readonly head: ValueHead;
  readonly networks: NetworkFactory;
  readonly rng: Rng;
}

/** A network of action values for an environment with discrete actions. */
export function qNetwork(definition: EnvironmentDefinition, options: QNetworkOptions): QNetwork {
  const { actionSpec, observationSpec } = definition;
  const { dueling, noisy, head, networks, hiddenUnits, rng } = options;
  const features = networks.features(observationSpec);
  const { n, start } = actionSpec as typeof actionSpec & { kind: 'discrete' };
  const outputs = (dueling ? 1 + n : n) * head.width;
  const request = { role: 'q', observationSize: features.size, actionSize: 0, outputs, rng };
  const model = networks.make(networkRequest(definition, request), () =>
    dueling || noisy
      ? branchingModel(features.size, dueling ? [head.width, n * head.width] : [outputs], options)
      : perceptron({ inputs: features.size, hidden: hiddenUnits, outputs, rng }),
  );
  return { model, features, head, actions: n, firstAction: start, dueling };
}

/** Shared layers, then a last hidden layer and outputs for each branch, which come out side by side. */
function branchingModel(inputs: number, branches: readonly number[], options: QNetworkOptions): tf.LayersModel {
  const { hiddenUnits, noisy, noisySigma: sigma, rng } = options;
  const input = tf.input({ shape: [inputs] });
  let count = 0;
  const linear = (units: number, isNoisy: boolean, x: tf.SymbolicTensor): tf.SymbolicTensor => {
    const layer = isNoisy
      ? noisyDense({ units, sigma, rng: rng.split('noisy').split(count++) })
      : tf.layers.dense({ units, kernelInitializer: 'zeros' });
    return layer.apply(x) as tf.SymbolicTensor;
  };
  const rectified = (units: number, isNoisy: boolean, x: tf.SymbolicTensor) =>
    tf.layers.activation({ activation: 'relu' }).apply(linear(units, isNoisy, x)) as tf.SymbolicTensor;
  const shared = hiddenUnits.slice(0, -1).reduce((x, units) => rectified(units, false, x), input);
  const ends = branches.map((outputs) => {
    const last = hiddenUnits.at(-1);
    return linear(outputs, noisy, last === undefined ? shared : rectified(last, noisy, shared));
  });
  const outputs = ends.length === 1 ? ends[0]! : (tf.layers.concatenate().apply(ends) as tf.SymbolicTensor);
  const model = tf.model({ inputs: input, outputs });
  drawWeights(model, rng);
  return model;
}

/** Outputs of all actions `[rows, actions, width]` of network inputs, inside of compiled functions too. */
export function actionOutputs(network: QNetwork, inputs: tf.Tensor, training = false): tf.Tensor {
  const { model, dueling, actions, head } = network;
  const out = applyNetwork(model, inputs, { training });
  const rows = inputs.shape[0]!;
  if (!dueling) return tf.reshape(out, [rows, actions, head.width]);
  const value = tf.reshape(tf.slice(out, [0, 0], [-1, head.width]), [rows, 1, head.width]);
  const advantages = tf.reshape(tf.slice(out, [0, head.width], [-1, -1]), [rows, actions, head.width]);
  return tf.add(value, tf.sub(advantages, tf.mean(advantages, 1, true)));
}

/** Action values `[rows, actions]` of network inputs, inside of compiled functions too. */
export function actionValues(network: QNetwork, inputs: tf.Tensor, training = false): tf.Tensor {
  return network.head.means(actionOutputs(network, inputs, training));
}

/** The greedy policy of a network of action values. */
export function greedyPolicy(definition: EnvironmentDefinition, network: QNetwork): Policy {
  const { model, features, actions: n, firstAction } = network;
  return networkPolicy({
    definition,
    model,
    features,
    outputs: n,
    forward: (inputs) => actionValues(network, inputs),
    decide: (values, actions, masks) => {
      for (let row = 0; row < actions.length; row++)
        actions[row] = firstAction + bestLegalAction(values, row, n, masks);
    },
  });
}
