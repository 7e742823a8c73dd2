/** Heads for binary targets and classes. Parameters are logits, so that no probability is rounded to zero or one. */

import {
  add,
  argMax,
  cast,
  expandDims,
  greater,
  logSoftmax,
  mul,
  neg,
  oneHot,
  sigmoid,
  softmax,
  softplus,
  squeeze,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tidy,
} from '@tensorflow/tfjs-core';
import { checkColumns, checkCount, type Head, probabilityProblem } from './head.ts';

export interface BernoulliOptions {
  /** Columns of the targets (0 or 1, or a probability), independent of each other given the input. */
  readonly targets?: number;
}

/** y ~ Bernoulli(sigmoid(logit)), each column independent. Its negative log-likelihood is binary cross-entropy. */
export function bernoulliHead({ targets = 1 }: BernoulliOptions = {}): Head {
  checkCount('targets', targets);
  return {
    parameters: targets,
    targets,
    variables: [],
    negativeLogLikelihood: (logits, y) =>
      tidy(() => {
        checkColumns('parameters', logits, targets);
        checkColumns('targets', y, targets);
        // Both terms are positive, so that nothing cancels where the probability is near zero or one.
        const wrong = mul(sub(1, y), softplus(logits));
        return sum(add(mul(y, softplus(neg(logits))), wrong), 1) as Tensor1D;
      }),
    targetProblem: (_column, value) => probabilityProblem(value),
    describe: (logits) => ({ probability: sigmoid(logits) }),
    mode: (logits) => tidy(() => cast(greater(logits, 0), 'float32')),
  };
}

export interface CategoricalOptions {
  readonly classes: number;
  /** Targets are class numbers in one column (`index`), or one column for each class (`probabilities`, e.g. one-hot). */
  readonly labels?: 'index' | 'probabilities';
}

/** The class is y with probability softmax(logits)[y]. Its negative log-likelihood is categorical cross-entropy. */
export function categoricalHead({ classes, labels = 'index' }: CategoricalOptions): Head {
  checkCount('classes', classes);
  const targets = labels === 'index' ? 1 : classes;
  const rows = (y: Tensor): Tensor => {
    return labels === 'index' ? cast(oneHot(cast(squeeze(y, [1]), 'int32'), classes), 'float32') : y;
  };
  const mode = (logits: Tensor): Tensor => {
    const best = argMax(logits, 1);
    return labels === 'index' ? cast(expandDims(best, 1), 'float32') : cast(oneHot(best, classes), 'float32');
  };
  return {
    parameters: classes,
    targets,
    variables: [],
    negativeLogLikelihood: (logits, y) =>
      tidy(() => {
        checkColumns('parameters', logits, classes);
        checkColumns('targets', y, targets);
        return neg(sum(mul(rows(y), logSoftmax(logits)), 1)) as Tensor1D;
      }),
    targetProblem: (_column, value) => (labels === 'index' ? classProblem(value, classes) : probabilityProblem(value)),
    describe: (logits) => ({ probabilities: softmax(logits) }),
    mode: (logits) => tidy(() => mode(logits)),
  };
}

function classProblem(value: number, classes: number): string | null {
  return Number.isInteger(value) && value >= 0 && value < classes ? null : `a class number in [0, ${classes})`;
}
