/** Convolutions, pooling, padding, cropping and up-sampling, of any number of spatial dimensions. ONNX has the channels first. */

import type { Attributes } from './graph.ts';
import { activated, type Context, constant, type Emit, input, repeated, weight } from './layer.ts';

const isChannelsFirst = ({ config }: Context): boolean => config['dataFormat'] === 'channelsFirst';

/** Spatial dimensions of the input. */
const spatialRank = ({ inputs }: Context): number => inputs[0]!.shape.length - 2;

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Runs `emit` on images with the channels first; images that have them last are transposed there and back. */
function channelsFirst(context: Context, emit: (x: string) => string): string {
  const rank = spatialRank(context);
  if (isChannelsFirst(context)) return emit(input(context));
  const x = context.graph.transpose(input(context), [0, rank + 1, ...range(rank, 1)]);
  return context.graph.transpose(emit(x), [0, ...range(rank, 2), 1]);
}

interface WindowConfig {
  readonly kernelSize: number[];
  readonly strides: number[];
  readonly dilationRate?: number | number[];
  readonly padding: string;
}

/** Strides, dilations and padding of a convolution. */
function windowOf(context: Context): Attributes {
  const { kernelSize, strides, dilationRate, padding } = context.config as unknown as WindowConfig;
  const dilations = repeated(dilationRate, kernelSize.length);
  const attributes = { kernel_shape: kernelSize, strides, dilations };
  if (padding !== 'same') return attributes;
  if (dilations.every((rate) => rate === 1)) return { ...attributes, auto_pad: 'SAME_UPPER' };
  // Runtimes refuse automatic padding of dilated windows. tfjs dilates only with strides of one.
  return { ...attributes, pads: halves(kernelSize.map((size, i) => (size - 1) * dilations[i]!)) };
}

/** Padding before all dimensions and after them; what is odd goes behind. */
function halves(totals: readonly number[]): number[] {
  const before = totals.map((total) => Math.floor(total / 2));
  return [...before, ...totals.map((total, i) => total - before[i]!)];
}

const bias = (context: Context): string[] => (context.config['useBias'] === false ? [] : [constant(context, 'bias')]);

/** [...window, in, out] -> [out, in, ...window], which also serves kernels with [...window, out, in]. */
const kernelOrder = (rank: number): number[] => [rank + 1, rank, ...range(rank)];

export const convolution: Emit = (context) => {
  const kernel = constant(context, 'kernel', kernelOrder(spatialRank(context)));
  return channelsFirst(context, (x) => {
    return activated(context, context.graph.node('Conv', [x, kernel, ...bias(context)], windowOf(context)));
  });
};

/** Kernels [...window, in, multiplier] as a convolution with one group for each input channel. */
function depthwise(context: Context, x: string, others: readonly string[]): string {
  const rank = spatialRank(context);
  const sizes = weight(context.layer, 'depthwise_kernel')!.shape;
  const [channels, multiplier] = [sizes[rank]!, sizes[rank + 1]!];
  const shape = [channels * multiplier, 1, ...sizes.slice(0, rank)];
  const kernel = constant(context, 'depthwise_kernel', [rank, rank + 1, ...range(rank)], shape);
  return context.graph.node('Conv', [x, kernel, ...others], { ...windowOf(context), group: channels });
}

export const depthwiseConvolution: Emit = (context) =>
  channelsFirst(context, (x) => activated(context, depthwise(context, x, bias(context))));

export const separableConvolution: Emit = (context) =>
  channelsFirst(context, (x) => {
    const pointwise = constant(context, 'pointwise_kernel', kernelOrder(spatialRank(context)));
    const channels = depthwise(context, x, []);
    return activated(context, context.graph.node('Conv', [channels, pointwise, ...bias(context)]));
  });

/** tfjs's result has stride times the input's size, and at least the window with padding `valid`. */
export const transposedConvolution: Emit = (context) => {
  const { kernelSize, strides, padding } = context.config as unknown as WindowConfig;
  const excess = kernelSize.map((size, i) => size - strides[i]!);
  const pads = halves(excess.map((more) => (padding === 'same' ? Math.max(more, 0) : 0)));
  const kernel = constant(context, 'kernel', kernelOrder(spatialRank(context)));
  const attributes = {
    kernel_shape: kernelSize,
    strides,
    pads,
    output_padding: excess.map((more) => Math.max(-more, 0)),
  };
  return channelsFirst(context, (x) => {
    return activated(context, context.graph.node('ConvTranspose', [x, kernel, ...bias(context)], attributes));
  });
};

export function pool(operator: 'MaxPool' | 'AveragePool'): Emit {
  return (context) => {
    const { poolSize, strides, padding } = context.config as { poolSize: number[]; strides: number[]; padding: string };
    const auto_pad = padding === 'same' ? 'SAME_UPPER' : 'VALID';
    return channelsFirst(context, (x) =>
      context.graph.node(operator, [x], { kernel_shape: poolSize, strides, auto_pad }),
    );
  };
}

export function globalPool(operator: 'ReduceMean' | 'ReduceMax'): Emit {
  return (context) => {
    const axes = range(spatialRank(context), isChannelsFirst(context) ? 2 : 1);
    return context.graph.node(operator, [input(context)], { axes, keepdims: 0 });
  };
}

/** Where the spatial dimensions are. */
const spatialAxes = (context: Context): number[] => range(spatialRank(context), isChannelsFirst(context) ? 2 : 1);

/** Zeros around images: `padding` is [[top, bottom], [left, right]]. */
export const zeroPadding: Emit = (context) => {
  const padding = context.config['padding'] as number[][];
  const axes = spatialAxes(context);
  const sides = [0, 1].map((side) => {
    const pads = context.inputs[0]!.shape.map(() => 0);
    for (const [i, axis] of axes.entries()) pads[axis] = padding[i]![side]!;
    return pads;
  });
  return context.graph.node('Pad', [input(context), context.graph.integers(sides.flat())]);
};

/** Images without their edges: `cropping` is [[top, bottom], [left, right]]. */
export const cropping: Emit = (context) => {
  const edges = context.config['cropping'] as number[][];
  const starts = edges.map(([before]) => before!);
  // Counted from the end, where there is something to cut off.
  const ends = edges.map(([, after]) => (after === 0 ? Number.MAX_SAFE_INTEGER : -after!));
  return context.graph.slice(input(context), spatialAxes(context), starts, ends);
};

export const upSampling: Emit = (context) => {
  const { size, interpolation } = context.config as { size: number[]; interpolation: string };
  const mode = interpolation === 'nearest' ? 'nearest' : 'linear';
  const scales = context.graph.floats(`${context.name}/scales`, [4], Float32Array.of(1, 1, ...size));
  const attributes = { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return channelsFirst(context, (x) => context.graph.node('Resize', [x, '', scales], attributes));
};
