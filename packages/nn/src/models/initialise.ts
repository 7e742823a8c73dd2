/** Models whose initial weights come from an `Rng`: the same seed gives the same model, whatever was built before. */

import { type Rng, SkeinError } from '@skein/core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { activation as activationOf } from './activations.ts';
import { matrixOf, orthonormalise } from './orthogonal.ts';
import { setModelWeights } from './weights.ts';

/**
 * Distribution of a kernel's initial weights: by number of inputs and outputs of a unit, orthogonal rows or columns
 * (Saxe et al., 2014), or the same for all kernels: N(0, normal^2), uniform within +-uniform, or one number.
 */
export type KernelScheme =
  | FanScheme
  | 'orthogonal'
  | { readonly normal: number }
  | { readonly uniform: number }
  | { readonly constant: number };

/** Schemes whose spread depends on the layer. */
export type FanScheme =
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
  | 'cosine'
  | 'step';

export interface InitialiseOptions {
  /** Source of the numbers; weight i draws from `rng.split(i)`. */
  readonly rng: Rng;
  readonly kernel?: KernelScheme;
  /** Of the matrices from state to state in recurrent layers. */
  readonly recurrentKernel?: KernelScheme;
}

export const INITIALISE_DEFAULTS = {
  kernel: 'glorotUniform',
  recurrentKernel: 'orthogonal',
} as const satisfies Partial<InitialiseOptions>;

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
const SCHEMES: Readonly<Record<FanScheme, { readonly normal: boolean; readonly scale: (fans: Fans) => number }>> = {
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
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
  if (scheme === 'orthogonal') return orthogonal(rng, values.length, shape.at(-1)!);
  if (typeof scheme === 'string') {
    const { normal, scale } = SCHEMES[scheme];
    const size = scale(fans(shape));
    return normal ? rng.fillNormal(values, 0, size) : rng.fillUniform(values, -size, size);
  }
  if ('normal' in scheme) return rng.fillNormal(values, 0, scheme.normal);
  if ('uniform' in scheme) return rng.fillUniform(values, -scheme.uniform, scheme.uniform);
  return values.fill(scheme.constant);
}

/** A matrix with this many columns whose columns, or rows where they are fewer, are orthonormal. */
function orthogonal(rng: Rng, size: number, columns: number): Float32Array {
  const rows = size / columns;
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors = Array.from({ length: count }, () => Float64Array.from(rng.fillNormal(new Float32Array(length))));
  orthonormalise(vectors);
  return matrixOf(vectors, rows, columns);
}

function checkScheme(name: string, scheme: KernelScheme): void {
  const valid = typeof scheme === 'string' ? scheme in SCHEMES || scheme === 'orthogonal' : validNumbers(scheme);
  if (valid) return;
  const names = [...Object.keys(SCHEMES), 'orthogonal', '{ normal }', '{ uniform }', '{ constant }'];
  throw new SkeinError('CONFIG', `${name}: expected one of ${names.join(', ')}, got ${JSON.stringify(scheme)}`);
}

const validNumbers = (scheme: object): boolean => {
  const [[kind, size] = [], ...others] = Object.entries(scheme) as [string, number][];
  return others.length === 0 && ['normal', 'uniform', 'constant'].includes(kind!) && Number.isFinite(size);
};

/**
 * Draws all kernels (weights with two or more dimensions) of a model anew; other weights keep their values, which are
 * constants in tfjs's layers. Nothing depends on the names or the number of models built before. Throws `CONFIG`.
 */
export function initialise(model: LayersModel, options: InitialiseOptions): void {
  const { rng, kernel, recurrentKernel } = { ...INITIALISE_DEFAULTS, ...options };
  checkScheme('kernel', kernel);
  checkScheme('recurrentKernel', recurrentKernel);
  const values = model.weights.map(({ shape, originalName }, i) => {
    if (shape.length < 2) return null;
    const scheme = originalName.endsWith('recurrent_kernel') ? recurrentKernel : kernel;
    return drawKernel(rng.split(i), shape as number[], scheme);
  });
  setModelWeights(model, values);
}

/**
 * Biases with which a classifier begins at the share of each class: log(share), for softmax. Its first loss is then the
 * entropy of the classes, and training need not learn them first. A class without samples counts as half of one.
 */
export function classBiases(labels: ArrayLike<number>, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]! += 1;
  return Float32Array.from(counts, (count) => Math.log(Math.max(count, 0.5) / labels.length));
}

/** Sets the biases of a model's last layer. Throws `SHAPE` unless its last weight has as many numbers. */
export function setOutputBiases(model: LayersModel, biases: ArrayLike<number>): void {
  setModelWeights(model, [...model.weights.slice(1).map(() => null), biases]);
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
