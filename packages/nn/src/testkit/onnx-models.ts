/** Models that between them use every layer and activation that can be exported, with seeded weights. */

import { createRng } from '@skein/core';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { type Activation, activation, dropout, setModelWeights, weightSizes } from '../index.ts';

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
  'elu',
  'selu',
  'leakyRelu',
  'cosine',
  'swish',
  'mish',
  'gelu',
];

function chain(x: SymbolicTensor, ...chained: layers.Layer[]): SymbolicTensor {
  return chained.reduce((value, layer) => layer.apply(value) as SymbolicTensor, x);
}

function perceptron(): LayersModel {
  const inputs = input({ shape: [5] });
  const dense = ACTIVATIONS.map((name) => layers.dense({ units: 6, activation: activation(name) }));
  return model({ inputs, outputs: chain(inputs, ...dense) });
}

function image(): LayersModel {
  const inputs = input({ shape: [9, 8, 3] });
  const outputs = chain(
    inputs,
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
  );
  return model({ inputs, outputs });
}

function merging(): LayersModel {
  const apply = (layer: layers.Layer, ...x: SymbolicTensor[]) => {
    return layer.apply(x.length === 1 ? x[0]! : x) as SymbolicTensor;
  };
  const inputs = input({ shape: [4, 4, 2] });
  const mean = apply(layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), inputs);
  const most = apply(layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }), inputs);
  const pairs = [layers.add, layers.multiply, layers.maximum, layers.minimum, layers.average];
  const merged = pairs.map((pair) => apply(pair(), mean, most));
  const joined = apply(layers.concatenate(), mean, ...merged);
  const dropped = apply(dropout({ rate: 0.5, rng: createRng(1) }), joined);
  const table = apply(layers.reshape({ targetShape: [3, 4] }), dropped);
  const normed = apply(layers.layerNormalization(), table);
  const elu = apply(layers.elu(), normed);
  const capped = apply(layers.reLU({ maxValue: 0.7 }), normed);
  return model({ inputs, outputs: [elu, capped] });
}

function words(): LayersModel {
  const inputs = input({ shape: [3], dtype: 'int32' });
  const outputs = chain(
    inputs,
    layers.embedding({ inputDim: 7, outputDim: 4 }),
    layers.dense({ units: 2, useBias: false }),
    layers.reLU(),
    layers.dropout({ rate: 0.2 }),
    layers.activation({ activation: 'tanh' }),
  );
  return model({ inputs, outputs });
}

/** A model with an input of three samples. */
export interface OnnxCase {
  readonly name: string;
  readonly model: LayersModel;
  readonly x: { readonly dtype: 'float32' | 'int32'; readonly shape: number[]; readonly data: number[] };
}

/** All weights positive, so that they serve as variances too. */
function seeded(name: string, built: LayersModel): OnnxCase {
  const rng = createRng(11).split(name);
  const weights = weightSizes(built).map((size) => rng.fillUniform(new Float32Array(size), 0.1, 0.9));
  for (const [i, { shape }] of built.weights.entries()) if (shape.length > 1) rng.fillNormal(weights[i]!, 0, 0.5);
  setModelWeights(built, weights);
  const [{ shape: sizes, dtype }] = built.inputs as [SymbolicTensor];
  const shape = [3, ...sizes.slice(1).map(Number)];
  const count = shape.reduce((product, n) => product * n);
  const draw = () => (dtype === 'int32' ? rng.integer(7) : Math.fround(rng.normal()));
  return {
    name,
    model: built,
    x: { dtype: dtype as 'float32' | 'int32', shape, data: Array.from({ length: count }, draw) },
  };
}

export function onnxCases(): OnnxCase[] {
  return Object.entries({ perceptron, image, merging, words }).map(([name, build]) => seeded(name, build()));
}

/** The model's own outputs for its case's input, one after the other. */
export function ownOutputs({ model: built, x }: OnnxCase): number[][] {
  return tidy(() => {
    const outputs = built.predict(tensor(x.data, x.shape, x.dtype));
    return [outputs].flat().map((output) => [...output.dataSync()]);
  });
}
