/** Models that between them use every layer and activation that can be exported, with seeded weights. */

import { createRng } from '@skein/core';
import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';
import {
  type Activation,
  activation,
  dropout,
  elu,
  gaussianDropout,
  gaussianNoise,
  maxout,
  setModelWeights,
  weightSizes,
} from '../index.ts';

type Layer = layers.Layer;
type Symbolic = SymbolicTensor;

const ACTIVATIONS: readonly Activation[] = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'softplus',
  'softsign',
  'softmax',
  'logSoftmax',
  'elu',
  'selu',
  'leakyRelu',
  'cosine',
  'swish',
  'mish',
  'gelu',
  'gelu_new',
];

/** Activations that recurrent layers have in ONNX. */
const RECURRENT: readonly Activation[] = [
  'tanh',
  'linear',
  'relu',
  'leakyRelu',
  'elu',
  'sigmoid',
  'hardSigmoid',
  'softplus',
  'softsign',
];

const apply = (layer: Layer, ...x: Symbolic[]) => layer.apply(x.length === 1 ? x[0]! : x) as Symbolic;
const applyForAll = (layer: Layer, ...x: Symbolic[]) => layer.apply(x.length === 1 ? x[0]! : x) as Symbolic[];

function chain(x: Symbolic, ...chained: Layer[]): Symbolic {
  return chained.reduce((value, layer) => apply(layer, value), x);
}

/** A model of one chain of layers. */
function chained(shape: (number | null)[], ...layersOf: Layer[]): LayersModel {
  const inputs = input({ shape });
  return model({ inputs, outputs: chain(inputs, ...layersOf) });
}

/** Each of these on the same input. */
function each(shape: number[], ...layersOf: Layer[]): LayersModel {
  const inputs = input({ shape });
  return model({ inputs, outputs: layersOf.map((layer) => apply(layer, inputs)) });
}

const first = 'channelsFirst';
const last = 'channelsLast';

const CASES: Readonly<Record<string, () => LayersModel>> = {
  perceptron: () =>
    chained([5], ...ACTIVATIONS.map((name) => layers.dense({ units: 6, activation: activation(name) }))),

  activations: () =>
    each(
      [4, 3],
      layers.activation({ activation: 'tanh' }),
      layers.reLU(),
      layers.reLU({ maxValue: 0.7 }),
      layers.leakyReLU(),
      layers.prelu({}),
      layers.prelu({ sharedAxes: [1] }),
      layers.elu(),
      elu({ alpha: 0.4 }),
      layers.activation({ activation: activation('step') }),
      maxout({ units: 2, pieces: 3 }),
      layers.thresholdedReLU({ theta: 0.5 }),
      layers.softmax({ axis: -1 }),
      layers.softmax({ axis: [-1] }),
      layers.softmax({ axis: [1, 2] }),
    ),

  image: () =>
    chained(
      [9, 8, 3],
      layers.rescaling({ scale: 0.5, offset: 0.1 }),
      layers.conv2d({ filters: 4, kernelSize: [3, 2], padding: 'same', strides: 2, activation: 'relu' }),
      layers.batchNormalization(),
      layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
      layers.leakyReLU(),
      layers.maxPooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: 2, padding: 'same', useBias: false }),
      layers.flatten(),
      layers.dense({ units: 4 }),
      layers.softmax(),
    ),

  convolutions: () =>
    each(
      [7, 6, 4],
      layers.conv2d({ filters: 3, kernelSize: 3, strides: [2, 3], padding: 'same', activation: 'selu' }),
      layers.conv2d({ filters: 3, kernelSize: [2, 3], dilationRate: 2 }),
      layers.separableConv2d({ filters: 5, kernelSize: 3, depthMultiplier: 2, activation: 'tanh' }),
      layers.separableConv2d({ filters: 2, kernelSize: 2, padding: 'same', useBias: false }),
      layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', activation: 'elu' }),
      layers.conv2dTranspose({ filters: 3, kernelSize: [3, 2], strides: [2, 1] }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, useBias: false }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 1, strides: 2, padding: 'same' }),
    ),

  channelsFirst: () =>
    each(
      [3, 6, 8],
      layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', dataFormat: first, activation: 'relu' }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', dataFormat: first }),
      layers.maxPooling2d({ poolSize: [2, 3], dataFormat: first }),
      layers.globalAveragePooling2d({ dataFormat: first }),
      layers.zeroPadding2d({ padding: [1, 2], dataFormat: first }),
      layers.cropping2D({ cropping: 1, dataFormat: first }),
      layers.upSampling2d({ size: [2, 3], dataFormat: first }),
      layers.batchNormalization({ axis: 1 }),
      layers.flatten({ dataFormat: first }),
    ),

  spaces: () =>
    each(
      [5, 6, 2],
      layers.zeroPadding2d({
        padding: [
          [1, 0],
          [2, 3],
        ],
      }),
      layers.cropping2D({
        cropping: [
          [1, 0],
          [2, 1],
        ],
      }),
      layers.upSampling2d({ size: [2, 3] }),
      layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
      layers.maxPooling2d({ poolSize: [3, 2], strides: [2, 2], padding: 'same' }),
      layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.globalAveragePooling2d({ dataFormat: last }),
      layers.globalMaxPooling2d({ dataFormat: last }),
      layers.permute({ dims: [3, 1, 2] }),
    ),

  sequence: () =>
    each(
      [9, 4],
      layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
      layers.conv1d({ filters: 2, kernelSize: 2, dilationRate: 2, useBias: false }),
      layers.maxPooling1d({ poolSize: 2, padding: 'same' }),
      layers.averagePooling1d({ poolSize: 3, strides: 2 }),
      layers.globalAveragePooling1d({}),
      layers.globalMaxPooling1d({}),
      layers.spatialDropout1d({ rate: 0.5 }),
    ),

  volume: () =>
    each(
      [4, 5, 6, 2],
      layers.conv3d({ filters: 3, kernelSize: 2, padding: 'same', activation: 'tanh' }),
      layers.conv3dTranspose({ filters: 2, kernelSize: [2, 3, 2], strides: 2, padding: 'same' }),
      layers.maxPooling3d({ poolSize: 2 }),
      layers.averagePooling3d({ poolSize: [2, 1, 3] }),
    ),

  normalisation: () =>
    each(
      [4, 5, 3],
      layers.layerNormalization(),
      layers.layerNormalization({ axis: [2, 3], epsilon: 0.1 }),
      layers.layerNormalization({ axis: [1], center: false }),
      layers.layerNormalization({ axis: [1, 3], scale: false }),
      layers.batchNormalization({ axis: 2, epsilon: 0.1 }),
      layers.batchNormalization({ center: false }),
      layers.batchNormalization({ scale: false }),
    ),

  noise: () =>
    chained(
      [4],
      layers.gaussianNoise({ stddev: 1 }),
      layers.gaussianDropout({ rate: 0.5 }),
      layers.alphaDropout({ rate: 0.5 }),
      layers.dropout({ rate: 0.2 }),
      dropout({ rate: 0.5, rng: createRng(1) }),
      gaussianDropout({ rate: 0.5, rng: createRng(1) }),
      gaussianNoise({ stddev: 0.5, rng: createRng(1) }),
      layers.dense({ units: 2 }),
    ),

  merging: () => {
    const inputs = input({ shape: [4, 4, 2] });
    const mean = apply(layers.globalAveragePooling2d({ dataFormat: last }), inputs);
    const most = apply(layers.globalMaxPooling2d({ dataFormat: last }), inputs);
    const pairs = [layers.add, layers.multiply, layers.maximum, layers.minimum, layers.average];
    const third = apply(layers.dense({ units: 2 }), mean);
    const merged = pairs.map((pair) => apply(pair(), mean, most, third));
    const joined = apply(layers.concatenate(), mean, ...merged);
    const table = apply(layers.reshape({ targetShape: [3, 4] }), joined);
    const broadcast = apply(layers.add(), table, apply(layers.dense({ units: 4 }), joined));
    const stacked = apply(layers.concatenate({ axis: 1 }), table, broadcast);
    return model({ inputs, outputs: [broadcast, stacked, apply(layers.repeatVector({ n: 3 }), mean)] });
  },

  dots: () => {
    const [row, left, right] = [[3], [4, 3], [3, 5]].map((shape) => input({ shape }));
    const outputs = [
      apply(layers.dot({ axes: 1 }), row!, row!),
      apply(layers.dot({ axes: -1, normalize: true }), row!, row!),
      apply(layers.dot({ axes: [2, 1] }), left!, right!),
      apply(layers.dot({ axes: [2, 2], normalize: true }), left!, left!),
      apply(layers.dot({ axes: [1, 1] }), right!, right!),
      apply(layers.dot({ axes: [2, 1] }), left!, row!),
      apply(layers.dot({ axes: [1, 1] }), row!, right!),
    ];
    return model({ inputs: [row!, left!, right!], outputs });
  },

  words: () => {
    const inputs = input({ shape: [3], dtype: 'int32' });
    const rows = chain(
      inputs,
      layers.embedding({ inputDim: 7, outputDim: 4 }),
      layers.dense({ units: 2, useBias: false }),
    );
    return model({ inputs, outputs: rows });
  },

  lstm: () => {
    const inputs = input({ shape: [null, 3] });
    const all = applyForAll(layers.lstm({ units: 4, returnSequences: true, returnState: true }), inputs);
    const backwards = apply(
      layers.lstm({ units: 2, goBackwards: true, returnSequences: true, recurrentActivation: 'sigmoid' }),
      all[0]!,
    );
    const plain = apply(layers.lstm({ units: 3, useBias: false, activation: 'relu', dropout: 0.2 }), backwards);
    return model({ inputs, outputs: [...all, backwards, plain] });
  },

  gru: () => {
    const inputs = input({ shape: [5, 3] });
    const all = applyForAll(layers.gru({ units: 4, returnSequences: true, returnState: true }), inputs);
    const backwards = apply(layers.gru({ units: 2, goBackwards: true, recurrentActivation: 'sigmoid' }), all[0]!);
    return model({ inputs, outputs: [...all, backwards] });
  },

  simpleRnn: () =>
    chained(
      [4, 3],
      ...RECURRENT.map((name) =>
        layers.simpleRNN({ units: 3, returnSequences: true, activation: activation(name), useBias: name !== 'relu' }),
      ),
      layers.simpleRNN({ units: 2 }),
    ),

  stackedCells: () => {
    const inputs = input({ shape: [4, 3] });
    const cells = [layers.lstmCell({ units: 4 }), layers.gruCell({ units: 2 }), layers.simpleRNNCell({ units: 3 })];
    const states = [3, 2, 4, 4].map((units) => input({ shape: [units] }));
    const stack = layers.rnn({ cell: cells as never, returnSequences: true, returnState: true }) as Layer;
    return model({ inputs: [inputs, ...states], outputs: applyForAll(stack, inputs, ...states) });
  },

  translator: () => {
    const [source, target] = [input({ shape: [5, 2] }), input({ shape: [3, 2] })];
    const [, h, c] = applyForAll(layers.lstm({ units: 4, returnState: true }), source);
    const decoded = apply(layers.lstm({ units: 4, returnSequences: true }), target, h!, c!);
    return model({ inputs: [source, target], outputs: decoded });
  },

  bidirectional: () => {
    const inputs = input({ shape: [4, 3] });
    const modes = ['concat', 'sum', 'ave', 'mul'] as const;
    const merged = modes.map((mergeMode, i) => {
      const layer = layers.lstm({ units: 2, returnSequences: i % 2 === 0 }) as never;
      return apply(layers.bidirectional({ layer, mergeMode }), inputs);
    });
    const layer = layers.gru({ units: 3, returnSequences: true, returnState: true, goBackwards: true }) as never;
    const both = applyForAll(layers.bidirectional({ layer, mergeMode: null as never }), inputs);
    return model({ inputs, outputs: [...merged, ...both] });
  },

  timeDistributed: () => {
    const frame = sequential({
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 5, 1], activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    });
    return chained([4, 6, 5, 1], layers.timeDistributed({ layer: frame as Layer }), layers.lstm({ units: 2 }));
  },

  nested: () => {
    const inner = sequential({ layers: [layers.dense({ units: 4, inputShape: [3], activation: 'relu' })] });
    const [a, b] = [input({ shape: [4] }), input({ shape: [4] })];
    const pair = model({ inputs: [a, b], outputs: [apply(layers.add(), a, b), apply(layers.multiply(), a, b)] });
    const [x, y] = [input({ shape: [3] }), input({ shape: [3] })];
    const siamese = [inner.apply(x), inner.apply(y)] as Symbolic[];
    const [sum, product] = pair.apply(siamese) as Symbolic[];
    return model({ inputs: [x, y], outputs: [sum!, product!, apply(layers.dense({ units: 1 }), product!), x] });
  },
};

/** An input of three samples. */
interface OnnxInput {
  readonly dtype: 'float32' | 'int32';
  readonly shape: number[];
  readonly data: number[];
}

/** A model with inputs for it. */
export interface OnnxCase {
  readonly name: string;
  readonly model: LayersModel;
  readonly inputs: readonly OnnxInput[];
}

/** All weights positive, so that they serve as variances too. */
function seeded(name: string, built: LayersModel): OnnxCase {
  const rng = createRng(11).split(name);
  const weights = weightSizes(built).map((size) => rng.fillUniform(new Float32Array(size), 0.1, 0.9));
  for (const [i, { shape }] of built.weights.entries()) if (shape.length > 1) rng.fillNormal(weights[i]!, 0, 0.5);
  setModelWeights(built, weights);
  const inputs = built.inputs.map(({ shape: sizes, dtype }) => {
    // Where the number of steps is open, there are six.
    const shape = [3, ...sizes.slice(1).map((size) => size ?? 6)];
    const count = shape.reduce((product, n) => product * n);
    const draw = () => (dtype === 'int32' ? rng.integer(7) : Math.fround(rng.normal()));
    return { dtype: dtype as 'float32' | 'int32', shape, data: Array.from({ length: count }, draw) };
  });
  return { name, model: built, inputs };
}

export function onnxCases(): OnnxCase[] {
  return Object.entries(CASES).map(([name, build]) => seeded(name, build()));
}

/** The model's own outputs for its case's inputs, one after the other. */
export function ownOutputs({ model: built, inputs }: OnnxCase): number[][] {
  return tidy(() => {
    const tensors = inputs.map(({ data, shape, dtype }) => tensor(data, shape, dtype));
    const outputs = built.predict(tensors.length === 1 ? (tensors[0] as Tensor) : tensors);
    return [outputs].flat().map((output) => [...output.dataSync()]);
  });
}
