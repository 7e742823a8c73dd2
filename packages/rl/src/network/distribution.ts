/** Stochastic policies: action distributions over a network's output, inside of compiled functions and out. */

import type { Rng } from '@skein/core';
import { tf } from '@skein/nn';
import { type ActionMasks, bestLegalAction, isLegal } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionScale } from './actor-critic.ts';

/** How actions are distributed given a network's output. Actions are rows of numbers as networks see them. */
export interface ActionDistribution {
  /** Outputs of the network for one observation. */
  readonly outputs: number;
  /** Numbers of one action as networks see it: one-hot, or scaled to [-1, 1]. */
  readonly actionSize: number;
  /** Learned numbers beside the network. */
  readonly variables: readonly tf.Variable[];
  /** Log densities `[rows]` of actions `[rows, actionSize]`; among the legal ones if masks `[rows, n]` are given. */
  logDensity(output: tf.Tensor, actions: tf.Tensor, legal?: tf.Tensor): tf.Tensor;
  /** Entropies, `[rows]` or a scalar if they do not depend on the observation. */
  entropy(output: tf.Tensor, legal?: tf.Tensor): tf.Tensor;
  /** Draws actions, legal ones: writes them as networks see them and as the environment takes them. */
  sample(
    output: Float32Array,
    rng: Rng,
    actions: Float32Array,
    environmentActions: ActionArray,
    masks?: ActionMasks,
  ): void;
  /** The likeliest legal actions, as the environment takes them. */
  mode(output: Float32Array, environmentActions: ActionArray, masks?: ActionMasks): void;
}

/** What `actionDistribution` takes. */
export interface DistributionOptions {
  /** For continuous actions: tanh keeps the means within the bounds. They are what the network says otherwise. */
  readonly boundedMeans?: boolean | undefined;
}

/** The distribution for an environment's actions: categorical, or normal with one learned deviation a dimension. */
export function actionDistribution(
  definition: EnvironmentDefinition,
  { boundedMeans = false }: DistributionOptions = {},
): ActionDistribution {
  return definition.actionSpec.kind === 'discrete' ? categorical(definition) : normal(definition, boundedMeans);
}

function categorical({ actionSpec }: EnvironmentDefinition): ActionDistribution {
  const { n, start } = actionSpec as typeof actionSpec & { kind: 'discrete' };
  return {
    outputs: n,
    actionSize: n,
    variables: [],
    logDensity: (logits, actions, legal) => tf.sum(tf.mul(tf.logSoftmax(allowed(logits, legal)), actions), 1),
    entropy: (logits, legal) => {
      const logs = tf.logSoftmax(allowed(logits, legal));
      return tf.neg(tf.sum(tf.mul(tf.exp(logs), logs), 1));
    },
    sample: (logits, rng, actions, environmentActions, masks = null) => {
      actions.fill(0);
      for (let row = 0; row < environmentActions.length; row++) {
        const action = drawIndex(logits, row, n, masks, rng);
        actions[row * n + action] = 1;
        environmentActions[row] = start + action;
      }
    },
    mode: (logits, environmentActions, masks = null) => {
      for (let row = 0; row < environmentActions.length; row++) {
        environmentActions[row] = start + bestLegalAction(logits, row, n, masks);
      }
    },
  };
}

/** Logits so small that the probability of an illegal action is 0. */
function allowed(logits: tf.Tensor, legal: tf.Tensor | undefined): tf.Tensor {
  return legal === undefined ? logits : tf.where(legal, logits, tf.fill(logits.shape, -1e9));
}

/** A legal index with probabilities softmax(logits). */
function drawIndex(logits: Float32Array, row: number, n: number, masks: ActionMasks, rng: Rng): number {
  const likeliest = bestLegalAction(logits, row, n, masks);
  const largest = logits[row * n + likeliest]!;
  const share = (a: number): number => (isLegal(masks, n, row, a) ? Math.exp(logits[row * n + a]! - largest) : 0);
  let total = 0;
  for (let a = 0; a < n; a++) total += share(a);
  let rest = rng.uniform() * total;
  for (let a = 0; a < n; a++) {
    rest -= share(a);
    if (rest < 0) return a;
  }
  return likeliest;
}

const LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);

function normal(definition: EnvironmentDefinition, boundedMeans: boolean): ActionDistribution {
  const scale = actionScale(definition);
  const { size } = scale;
  const logStd = tf.variable(tf.zeros([size]));
  const meansOf = (output: tf.Tensor): tf.Tensor => (boundedMeans ? tf.tanh(output) : output);
  const mean = (output: number): number => (boundedMeans ? Math.tanh(output) : output);
  const clipped = new Map<number, Float32Array>();
  /** Environment actions of means or draws, which may lie outside of the bounds. */
  const toEnvironment = (actions: Float32Array, out: ActionArray): void => {
    let inside = clipped.get(actions.length);
    if (inside === undefined) {
      inside = new Float32Array(actions.length);
      clipped.set(actions.length, inside);
    }
    for (let i = 0; i < actions.length; i++) inside[i] = Math.max(-1, Math.min(1, actions[i]!));
    scale.toEnvironment(inside, out);
  };
  return {
    outputs: size,
    actionSize: size,
    variables: [logStd],
    logDensity: (output, actions) => {
      const z = tf.div(tf.sub(actions, meansOf(output)), tf.exp(logStd));
      return tf.sum(tf.sub(tf.mul(tf.square(z), -0.5), tf.add(logStd, LOG_SQRT_2_PI)), 1);
    },
    entropy: () => tf.sum(tf.add(logStd, 0.5 + LOG_SQRT_2_PI)),
    sample: (output, rng, actions, environmentActions) => {
      const std = logStd.dataSync().map(Math.exp);
      for (let i = 0; i < actions.length; i++) actions[i] = mean(output[i]!) + std[i % size]! * rng.normal();
      toEnvironment(actions, environmentActions);
    },
    mode: (output, environmentActions) => toEnvironment(output.map(mean), environmentActions),
  };
}
