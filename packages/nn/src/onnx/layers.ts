/** The ONNX nodes of each of tfjs's layers, in inference mode. */

import {
  convolution,
  cropping,
  depthwiseConvolution,
  globalPool,
  pool,
  separableConvolution,
  transposedConvolution,
  upSampling,
  zeroPadding,
} from './convolution.ts';
import { activated, type Context, constant, type Emit, fromFront, input, refuse, reshapeTo } from './layer.ts';
import { average, concatenate, dot, merge } from './merge.ts';
import { batchNormalization, layerNormalization } from './normalisation.ts';
import { bidirectional, recurrent } from './recurrent.ts';
import { timeDistributed } from './wrappers.ts';

const dense: Emit = (context) => {
  const product = context.graph.node('MatMul', [input(context), constant(context, 'kernel')]);
  if (context.config['useBias'] === false) return activated(context, product);
  return activated(context, context.graph.node('Add', [product, constant(context, 'bias')]));
};

const embedding: Emit = (context) => {
  if (context.config['maskZero'] === true) throw refuseMask(context, 'build it with maskZero: false');
  const indices = context.graph.node('Cast', [input(context)], { to: 7 });
  return context.graph.node('Gather', [constant(context, 'embeddings'), indices], { axis: 0 });
};

const refuseMask = ({ layer }: Context, advice: string) =>
  refuse(layer, 'masks that travel from layer to layer have no counterpart', advice);

const reshape: Emit = (context) => reshapeTo(context, input(context), context.shapes[0]!);

/** With the channels first, tfjs moves them behind before it flattens. */
const flatten: Emit = (context) => {
  const rank = context.inputs[0]!.shape.length;
  const order = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  const channelsFirst = context.config['dataFormat'] === 'channelsFirst';
  const x = channelsFirst ? context.graph.transpose(input(context), order) : input(context);
  return reshapeTo(context, x, context.shapes[0]!);
};

const permute: Emit = (context) =>
  context.graph.transpose(input(context), [0, ...(context.config['dims'] as readonly number[])]);

const repeatVector: Emit = ({ graph, config, inputs }) => {
  const rows = graph.unsqueeze(inputs[0]!.name, [1]);
  return graph.node('Tile', [rows, graph.integers([1, config['n'] as number, 1])]);
};

const softmax: Emit = (context) => {
  const { graph, config, inputs } = context;
  const axes = [config['axis']].flat().map((axis) => fromFront(axis as number, inputs[0]!.shape.length));
  if (axes.length === 1) return graph.node('Softmax', [input(context)], { axis: axes[0]! });
  const total = graph.node('ReduceLogSumExp', [input(context)], { axes, keepdims: 1 });
  return graph.node('Exp', [graph.node('Sub', [input(context), total])]);
};

const relu: Emit = ({ graph, config, inputs }) => {
  const limit = config['maxValue'];
  if (typeof limit !== 'number') return graph.node('Relu', [inputs[0]!.name]);
  return graph.node('Clip', [inputs[0]!.name, graph.scalar(0), graph.scalar(limit)]);
};

const rescaling: Emit = ({ graph, config, inputs }) => {
  const scaled = graph.node('Mul', [inputs[0]!.name, graph.scalar(config['scale'] as number)]);
  return graph.node('Add', [scaled, graph.scalar(config['offset'] as number)]);
};

/** [batch, ..., pieces * units] -> [batch, ..., pieces, units], of which the greatest remain. */
const maxout: Emit = (context) => {
  const { units, pieces } = context.config as { units: number; pieces: number };
  const product = context.graph.node('MatMul', [input(context), constant(context, 'kernel')]);
  const sums = context.graph.node('Add', [product, constant(context, 'bias')]);
  const parts = reshapeTo(context, sums, [...context.shapes[0]!.slice(0, -1), pieces, units]);
  return context.graph.node('ReduceMax', [parts], { axes: [-2], keepdims: 0 });
};

/** An operator with one number of the configuration. */
function withAlpha(operator: string, key: string): Emit {
  return ({ graph, config, inputs }) =>
    graph.node(operator, [inputs[0]!.name], { alpha: { float: config[key] as number } });
}

/** Layers that act only in training. */
const same: Emit = input;

/** By the name of the layer's class. */
export const LAYERS: Readonly<Record<string, Emit>> = {
  Dense: dense,
  Activation: (context) => activated(context, input(context)),
  ReLU: relu,
  LeakyReLU: withAlpha('LeakyRelu', 'alpha'),
  PReLU: (context) => context.graph.node('PRelu', [input(context), constant(context, 'alpha')]),
  ELU: withAlpha('Elu', 'alpha'),
  ScaledElu: withAlpha('Elu', 'alpha'),
  Maxout: maxout,
  ThresholdedReLU: withAlpha('ThresholdedRelu', 'theta'),
  Softmax: softmax,
  Conv1D: convolution,
  Conv2D: convolution,
  Conv3D: convolution,
  Conv2DTranspose: transposedConvolution,
  Conv3DTranspose: transposedConvolution,
  DepthwiseConv2D: depthwiseConvolution,
  SeparableConv2D: separableConvolution,
  MaxPooling1D: pool('MaxPool'),
  MaxPooling2D: pool('MaxPool'),
  MaxPooling3D: pool('MaxPool'),
  AveragePooling1D: pool('AveragePool'),
  AveragePooling2D: pool('AveragePool'),
  AveragePooling3D: pool('AveragePool'),
  GlobalAveragePooling1D: globalPool('ReduceMean'),
  GlobalAveragePooling2D: globalPool('ReduceMean'),
  GlobalMaxPooling1D: globalPool('ReduceMax'),
  GlobalMaxPooling2D: globalPool('ReduceMax'),
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upSampling,
  Rescaling: rescaling,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  SimpleRNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
  RNN: recurrent,
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
  Embedding: embedding,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  Add: merge('Add'),
  Multiply: merge('Mul'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Average: average,
  Concatenate: concatenate,
  Dot: dot,
  Dropout: same,
  SpatialDropout1D: same,
  GaussianDropout: same,
  AlphaDropout: same,
  GaussianNoise: same,
  SeededDropout: same,
  SeededGaussianDropout: same,
  SeededGaussianNoise: same,
  Masking: (context) => {
    throw refuseMask(context, 'leave it out, and give sequences of one length');
  },
};
