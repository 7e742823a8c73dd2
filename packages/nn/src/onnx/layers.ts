/** tfjs's layers as ONNX nodes, in inference mode. Images stay channels-last between layers; convolutions transpose. */

import { SkeinError } from '@skein/core';
import { type Tensor, tidy, transpose } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { emitActivation } from './activations.ts';
import type { Attribute, Graph } from './graph.ts';

type Layer = layers.Layer;

/** What a layer's nodes are made from. */
interface Context {
  readonly graph: Graph;
  readonly layer: Layer;
  /** Name of the layer in the file. */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the input values. */
  readonly inputs: readonly string[];
  /** Shape of the output; null is the batch. */
  readonly shape: SymbolicTensor['shape'];
}

type Emit = (context: Context) => string;

const NCHW = [0, 3, 1, 2];
const NHWC = [0, 2, 3, 1];

function refuse({ layer }: Context, why: string): SkeinError {
  return new SkeinError('INPUT', `ONNX: layer ${layer.name} (${layer.getClassName()}): ${why}`, {
    details: { layer: layer.name, type: layer.getClassName() },
    advice: `layers that can be exported: ${Object.keys(LAYERS).join(', ')}`,
  });
}

function weight({ layer }: Context, name: string): Tensor | null {
  return layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name)?.read() ?? null;
}

/** A weight as a constant, its dimensions in another order where asked. */
function constant(context: Context, name: string, order?: number[], shape?: readonly number[]): string {
  const value = weight(context, name)!;
  const values = tidy(() => (order === undefined ? value : transpose(value, order)).dataSync() as Float32Array);
  const sizes = order === undefined ? value.shape : order.map((axis) => value.shape[axis]!);
  return context.graph.floats(`${context.name}/${name}`, shape ?? sizes, Float32Array.from(values));
}

function activated(context: Context, x: string): string {
  return emitActivation(context.graph, context.layer.name, context.config['activation'], x);
}

function withBias(context: Context, x: string): string {
  return context.config['useBias'] === false ? x : context.graph.node('Add', [x, constant(context, 'bias')]);
}

const dense: Emit = (context) => {
  const product = context.graph.node('MatMul', [context.inputs[0]!, constant(context, 'kernel')]);
  return activated(context, withBias(context, product));
};

/** Runs an operator on channels-first images. */
function channelsFirst(context: Context, operator: string, others: string[], attributes: Record<string, Attribute>) {
  if (context.config['dataFormat'] !== 'channelsLast') throw refuse(context, 'expected dataFormat channelsLast');
  const { graph, inputs } = context;
  const x = graph.node('Transpose', [inputs[0]!], { perm: NCHW });
  return graph.node('Transpose', [graph.node(operator, [x, ...others], attributes)], { perm: NHWC });
}

const padding = ({ config }: Context) => (config['padding'] === 'same' ? 'SAME_UPPER' : 'VALID');

function windowAttributes(context: Context): Record<string, Attribute> {
  const { strides, dilationRate, kernelSize } = context.config as {
    strides: number[];
    dilationRate?: number | number[];
    kernelSize: number[];
  };
  const given = [dilationRate ?? 1].flat();
  const dilations = given.length === 1 ? [given[0]!, given[0]!] : given;
  if (context.config['padding'] !== 'same' || dilations.every((rate) => rate === 1)) {
    return { strides, dilations, auto_pad: padding(context) };
  }
  // Runtimes refuse automatic padding of dilated windows. tfjs dilates only with strides of one.
  const totals = kernelSize.map((size, i) => (size - 1) * dilations[i]!);
  const before = totals.map((total) => Math.floor(total / 2));
  return { strides, dilations, pads: [...before, ...totals.map((total, i) => total - before[i]!)] };
}

const conv2d: Emit = (context) => {
  const kernel = constant(context, 'kernel', [3, 2, 0, 1]);
  return activated(context, withBias(context, channelsFirst(context, 'Conv', [kernel], windowAttributes(context))));
};

const depthwiseConv2d: Emit = (context) => {
  const [height, width, channels, multiplier] = weight(context, 'depthwise_kernel')!.shape as [
    number,
    number,
    number,
    number,
  ];
  const shape = [channels * multiplier, 1, height, width];
  const kernel = constant(context, 'depthwise_kernel', [2, 3, 0, 1], shape);
  const attributes = { ...windowAttributes(context), group: channels };
  return activated(context, withBias(context, channelsFirst(context, 'Conv', [kernel], attributes)));
};

function pool(operator: string): Emit {
  return (context) => {
    const { poolSize, strides } = context.config as { poolSize: number[]; strides: number[] };
    const attributes = { kernel_shape: poolSize, strides, auto_pad: padding(context) };
    return channelsFirst(context, operator, [], attributes);
  };
}

const globalPool =
  (operator: string): Emit =>
  (context) => {
    if (context.config['dataFormat'] !== 'channelsLast') throw refuse(context, 'expected dataFormat channelsLast');
    return context.graph.node(operator, [context.inputs[0]!], { axes: [1, 2], keepdims: 0 });
  };

/** Running statistics make batch norm one multiplication and one addition. */
const batchNormalization: Emit = (context) => {
  const { graph, config, name, inputs, shape } = context;
  if (![-1, shape.length - 1].includes(config['axis'] as number)) throw refuse(context, 'expected the last axis');
  const read = (kind: string) => weight(context, kind)?.dataSync();
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(read);
  const factors = Float32Array.from(
    variance!,
    (v, i) => (gamma?.[i] ?? 1) / Math.sqrt(v + (config['epsilon'] as number)),
  );
  const offsets = factors.map((factor, i) => (beta?.[i] ?? 0) - mean![i]! * factor);
  const scaled = graph.node('Mul', [inputs[0]!, graph.floats(`${name}/factor`, [factors.length], factors)]);
  return graph.node('Add', [scaled, graph.floats(`${name}/offset`, [offsets.length], offsets)]);
};

const layerNormalization: Emit = (context) => {
  const { graph, config, name, inputs, shape } = context;
  const axes = [config['axis']].flat();
  if (axes.length !== 1 || ![-1, shape.length - 1].includes(axes[0] as number)) {
    throw refuse(context, 'expected the last axis');
  }
  const width = shape.at(-1)!;
  const gamma = config['scale'] === false ? null : weight(context, 'gamma');
  const ones = Float32Array.from(gamma?.dataSync() ?? new Float32Array(width).fill(1));
  const values = [inputs[0]!, graph.floats(`${name}/gamma`, [width], ones)];
  if (config['center'] !== false) values.push(constant(context, 'beta'));
  return graph.node('LayerNormalization', values, { axis: -1, epsilon: { float: config['epsilon'] as number } });
};

const embedding: Emit = (context) => {
  const indices = context.graph.node('Cast', [context.inputs[0]!], { to: 7 });
  return context.graph.node('Gather', [constant(context, 'embeddings'), indices], { axis: 0 });
};

/** An operator of two inputs over all inputs, one after the other. */
function merge(operator: string): Emit {
  return ({ graph, inputs }) => inputs.reduce((left, right) => graph.node(operator, [left, right]));
}

const same: Emit = ({ inputs }) => inputs[0]!;

const reshape: Emit = ({ graph, inputs, shape }) => {
  return graph.node('Reshape', [inputs[0]!, graph.integers(shape.map((size) => size ?? -1))]);
};

/** By the name of the layer's class. */
const LAYERS: Readonly<Record<string, Emit>> = {
  Dense: dense,
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  MaxPooling2D: pool('MaxPool'),
  AveragePooling2D: pool('AveragePool'),
  GlobalAveragePooling2D: globalPool('ReduceMean'),
  GlobalMaxPooling2D: globalPool('ReduceMax'),
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Embedding: embedding,
  Flatten: reshape,
  Reshape: reshape,
  Dropout: same,
  SeededDropout: same,
  Activation: (context) => activated(context, context.inputs[0]!),
  ReLU: ({ graph, config, inputs }) => {
    const limit = config['maxValue'];
    if (typeof limit !== 'number') return graph.node('Relu', [inputs[0]!]);
    return graph.node('Clip', [inputs[0]!, graph.scalar(0), graph.scalar(limit)]);
  },
  LeakyReLU: ({ graph, config, inputs }) => {
    return graph.node('LeakyRelu', [inputs[0]!], { alpha: { float: config['alpha'] as number } });
  },
  ELU: ({ graph, config, inputs }) => {
    return graph.node('Elu', [inputs[0]!], { alpha: { float: config['alpha'] as number } });
  },
  Softmax: ({ graph, config, inputs }) => graph.node('Softmax', [inputs[0]!], { axis: config['axis'] as number }),
  Add: merge('Add'),
  Multiply: merge('Mul'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Average: ({ graph, inputs }) => graph.node('Mean', inputs),
  Concatenate: ({ graph, config, inputs }) => graph.node('Concat', inputs, { axis: config['axis'] as number }),
};

/** The nodes of one application of a layer; returns its output's name. Throws `INPUT` for a layer that cannot be exported. */
export function emitLayer(graph: Graph, output: SymbolicTensor, inputs: readonly string[], name: string): string {
  const layer = output.sourceLayer;
  const context = { graph, layer, name, config: layer.getConfig(), inputs, shape: output.shape };
  const emit = LAYERS[layer.getClassName()];
  if (emit === undefined) throw refuse(context, 'has no counterpart here');
  return emit(context);
}
