/** Models whose initial weights come from an `Rng`: the same seed gives the same model, whatever was built before. */

import { type Rng, SkeinError } from '@skein/core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { activation as activationOf } from './activations.ts';
import { modelWeights, setModelWeights } from './weights.ts';

/** Distribution of a kernel's initial weights, by number of inputs and outputs of a unit. */
export type KernelScheme =
  | 'glorotUniform'
  | 'glorotNormal'
  | 'heUniform'
  | 'heNormal'
  | 'heFanOutNormal'
  | 'heAverageNormal'
  | 'lecunUniform'
  | 'lecunNormal'
  | 'fanInUniform';

/** Names of tfjs's activations and of ours (models/activations.ts). */
export type Activation =
  | 'elu'
  | 'hardSigmoid'
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'selu'
  | 'sigmoid'
  | 'softmax'
  | 'logSoftmax'
  | 'softplus'
  | 'softsign'
  | 'tanh'
  | 'swish'
  | 'mish'
  | 'gelu'
  | 'gelu_new'
  | 'leakyRelu'
  | 'cosine';

export interface InitialiseOptions {
  /** Source of the numbers; weight i draws from `rng.split(i)`. */
  readonly rng: Rng;
  readonly kernel?: KernelScheme;
}

/** A multilayer perceptron. */
export interface MlpOptions extends InitialiseOptions {
  /** Size of an observation. */
  readonly inputs: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly outputs: number;
  /** Activation of the hidden layers. */
  readonly activation?: Activation;
  readonly outputActivation?: Activation;
}

export const MLP_DEFAULTS = {
  activation: 'relu',
  outputActivation: 'linear',
  kernel: 'glorotUniform',
} as const satisfies Partial<MlpOptions>;

interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Inputs and outputs of a unit: the last two dimensions, times the window of a convolution. */
function fans(shape: readonly number[]): Fans {
  const window = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  return { fanIn: shape.at(-2)! * window, fanOut: shape.at(-1)! * window };
}

/** Bound of the uniform or standard deviation of the normal distribution (Glorot 2010, He 2015, LeCun 1998). */
const SCHEMES: Readonly<Record<KernelScheme, { readonly normal: boolean; readonly scale: (fans: Fans) => number }>> = {
  glorotUniform: { normal: false, scale: ({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut)) },
  glorotNormal: { normal: true, scale: ({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut)) },
  heUniform: { normal: false, scale: ({ fanIn }) => Math.sqrt(6 / fanIn) },
  heNormal: { normal: true, scale: ({ fanIn }) => Math.sqrt(2 / fanIn) },
  // The same for the variance of gradients, and the compromise of both.
  heFanOutNormal: { normal: true, scale: ({ fanOut }) => Math.sqrt(2 / fanOut) },
  heAverageNormal: { normal: true, scale: ({ fanIn, fanOut }) => Math.sqrt(4 / (fanIn + fanOut)) },
  lecunUniform: { normal: false, scale: ({ fanIn }) => Math.sqrt(3 / fanIn) },
  lecunNormal: { normal: true, scale: ({ fanIn }) => Math.sqrt(1 / fanIn) },
  fanInUniform: { normal: false, scale: ({ fanIn }) => 1 / Math.sqrt(fanIn) },
};

/** Initial values of a kernel. */
function drawKernel(rng: Rng, shape: readonly number[], scheme: KernelScheme): Float32Array {
  const { normal, scale } = SCHEMES[scheme];
  const size = scale(fans(shape));
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
  return normal ? rng.fillNormal(values, 0, size) : rng.fillUniform(values, -size, size);
}

/**
 * Draws all kernels (weights with two or more dimensions) of a model anew; other weights keep their values, which are
 * constants in tfjs's layers. Nothing depends on the names or the number of models built before.
 */
export function initialise(model: LayersModel, options: InitialiseOptions): void {
  const scheme = options.kernel ?? MLP_DEFAULTS.kernel;
  if (!(scheme in SCHEMES)) {
    throw new SkeinError('CONFIG', `kernel: expected one of ${Object.keys(SCHEMES).join(', ')}, got ${scheme}`);
  }
  const current = modelWeights(model);
  const values = model.weights.map(({ shape }, i) => {
    if (shape.length < 2) return current[i]!;
    return drawKernel(options.rng.split(i), shape as number[], scheme);
  });
  setModelWeights(model, values);
}

/** Builds a multilayer perceptron `[batch, inputs]` -> `[batch, outputs]` with seeded weights and zero biases. */
export function mlp(options: MlpOptions): LayersModel {
  const { inputs, hidden, outputs, activation, outputActivation } = { ...MLP_DEFAULTS, ...options };
  const sizes = [...hidden, outputs];
  const model = sequential({
    layers: sizes.map((units, i) =>
      layers.dense({
        units,
        activation: activationOf(i < hidden.length ? activation : outputActivation),
        // Zeros draw nothing; `initialise` sets the kernels.
        kernelInitializer: 'zeros',
        ...(i === 0 ? { inputShape: [inputs] } : {}),
      }),
    ),
  });
  initialise(model, options);
  return model;
}
