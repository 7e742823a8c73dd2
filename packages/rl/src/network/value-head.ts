/**
 * What a network of action values says about an action: its mean return, or the distribution of the return. All heads
 * share one interface, so that double DQN, dueling, n-step returns and prioritised replay work with each.
 *
 * Shapes: an action's outputs are `width` numbers; `[..., width]` are outputs of any number of actions.
 */

import { SkeinError } from '@skein/core';
import { tf } from '@skein/nn';

/** A way to predict returns. Functions are for use inside of compiled functions. */
export interface ValueHead {
  /** Numbers that the network gives for an action. */
  readonly width: number;
  /** Mean returns `[...]` of outputs `[..., width]`. */
  means(outputs: tf.Tensor): tf.Tensor;
  /** What the outputs of transitions should become: `[rows, width]` from those of the next action `[rows, width]`. */
  targets(next: tf.Tensor, rewards: tf.Tensor, discounts: tf.Tensor): tf.Tensor;
  /** The loss of each row, `[rows]`. */
  losses(outputs: tf.Tensor, targets: tf.Tensor): tf.Tensor;
  /** How wrong each row is, `[rows]`: what priorities are made of. */
  errors(outputs: tf.Tensor, targets: tf.Tensor): tf.Tensor;
}

/** Bounds an error's pull: quadratic within 1, linear beyond. */
function huber(errors: tf.Tensor): tf.Tensor {
  const size = tf.abs(errors);
  const inner = tf.minimum(size, 1);
  return tf.add(tf.mul(tf.square(inner), 0.5), tf.sub(size, inner));
}

/** The mean return itself, with the squared error or Huber's loss. */
export function meanHead(loss: 'mse' | 'huber'): ValueHead {
  const errors = (outputs: tf.Tensor, targets: tf.Tensor) => tf.squeeze(tf.sub(targets, outputs), [1]);
  return {
    width: 1,
    means: (outputs) => tf.squeeze(outputs, [outputs.rank - 1]),
    targets: (next, rewards, discounts) => tf.add(column(rewards), tf.mul(column(discounts), next)),
    losses: (outputs, targets) => {
      const error = errors(outputs, targets);
      return loss === 'mse' ? tf.square(error) : huber(error);
    },
    errors,
  };
}

/** What `categoricalHead` takes. */
export interface CategoricalHeadOptions {
  /** Returns that have a probability, evenly spaced from `low` to `high`. */
  readonly atoms: number;
  readonly low: number;
  readonly high: number;
}

/**
 * C51 (Bellemare et al., "A distributional perspective on reinforcement learning", arXiv:1707.06887): probabilities of
 * fixed returns, the atoms. Outputs are logits, targets probabilities: those of the next action, whose atoms move to
 * reward + discount * atom, are split between the two nearest fixed ones. The loss is the cross entropy; the error its
 * excess over the targets' own entropy, that is the divergence. Throws `CONFIG` unless low < high and atoms > 1.
 */
export function categoricalHead({ atoms, low, high }: CategoricalHeadOptions): ValueHead {
  if (!(low < high) || atoms < 2) {
    throw new SkeinError(
      'CONFIG',
      `valueLow, valueHigh, atoms: expected low < high and 2 atoms, got ${low}, ${high}, ${atoms}`,
      {
        advice: 'give bounds between which all discounted returns lie',
      },
    );
  }
  const gap = (high - low) / (atoms - 1);
  const values = Float32Array.from({ length: atoms }, (_, i) => low + i * gap);
  const support = (): tf.Tensor => tf.tensor1d(values);
  const losses = (outputs: tf.Tensor, targets: tf.Tensor) => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(outputs)), 1));
  return {
    width: atoms,
    means: (outputs) => tf.sum(tf.mul(tf.softmax(outputs), support()), -1),
    targets: (next, rewards, discounts) => {
      const moved = tf.add(column(rewards), tf.mul(column(discounts), support()));
      // Places of the moved atoms in units of the gap, [1, rows * atoms], against the fixed ones, [atoms, 1]: what is
      // repeated comes first, which kernels read in place.
      const places = tf.reshape(tf.div(tf.sub(tf.clipByValue(moved, low, high), low), gap), [1, -1]);
      const fixed = tf.tensor2d(Float32Array.from(values.keys()), [atoms, 1]);
      const shares = tf.relu(tf.sub(1, tf.abs(tf.sub(places, fixed))));
      const parts = tf.mul(shares, tf.reshape(tf.softmax(next), [1, -1]));
      return tf.transpose(tf.sum(tf.reshape(parts, [atoms, -1, atoms]), 2));
    },
    losses,
    errors: (outputs, targets) => {
      const entropy = tf.neg(tf.sum(tf.mul(targets, tf.log(tf.maximum(targets, 1e-30))), 1));
      return tf.sub(losses(outputs, targets), entropy);
    },
  };
}

/**
 * QR-DQN (Dabney et al., "Distributional reinforcement learning with quantile regression", arXiv:1710.10044): `quantiles`
 * returns, each of equal probability, at the quantiles (i + 1/2) / quantiles. The loss compares every output with every
 * target: |quantile - [error < 0]| times Huber's loss, summed over outputs, averaged over targets. Errors are the losses.
 */
export function quantileHead(quantiles: number): ValueHead {
  const middles = Float32Array.from({ length: quantiles }, (_, i) => (i + 0.5) / quantiles);
  const losses = (outputs: tf.Tensor, targets: tf.Tensor) => {
    const errors = tf.sub(tf.expandDims(targets, 1), tf.expandDims(outputs, 2)); // [rows, outputs, targets]
    const quantile = tf.tensor2d(middles, [quantiles, 1]);
    const above = tf.mul(quantile, huber(tf.relu(errors)));
    const below = tf.mul(tf.sub(1, quantile), huber(tf.relu(tf.neg(errors))));
    return tf.sum(tf.mean(tf.add(above, below), 2), 1);
  };
  return {
    width: quantiles,
    means: (outputs) => tf.mean(outputs, -1),
    targets: (next, rewards, discounts) => tf.add(column(rewards), tf.mul(column(discounts), next)),
    losses,
    errors: losses,
  };
}

const column = (x: tf.Tensor): tf.Tensor => tf.expandDims(x, 1);
