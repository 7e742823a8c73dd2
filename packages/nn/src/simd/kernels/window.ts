/** Convolutions (as products of patches), depthwise convolutions and pooling on NHWC images. */

import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { applyEpilogue, type Epilogue, knowsActivation, product, withEpilogue } from './matmul.ts';
import { type Attributes, allOf, type Inputs, type KernelTable, type OwnKernel } from './types.ts';

type Info = backend_util.Conv2DInfo;
type Shape4 = [number, number, number, number];

/** The operand words of a window over an image. */
function windowWords(info: Info): number[] {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  return [
    ...[batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, outHeight, outWidth],
    ...[strideHeight, strideWidth, info.padInfo.top, info.padInfo.left, dilationHeight, dilationWidth],
  ];
}

/** The geometry of a convolution, or null for layouts other than NHWC. */
function convolutionInfo(
  inShape: readonly number[],
  filterShape: readonly number[],
  attrs: Attributes,
  depthwise = false,
): Info | null {
  if (attrs['dataFormat'] !== undefined && attrs['dataFormat'] !== 'NHWC') return null;
  return backend_util.computeConv2DInfo(
    inShape as Shape4,
    filterShape as Shape4,
    attrs['strides'] as number,
    (attrs['dilations'] as number | undefined) ?? 1,
    attrs['pad'] as 'same',
    attrs['dimRoundingMode'] as 'floor' | undefined,
    depthwise,
  );
}

function outputPixels({ batchSize, outHeight, outWidth }: Info): number {
  return batchSize * outHeight * outWidth;
}

function patchSize({ filterHeight, filterWidth, inChannels }: Info): number {
  return filterHeight * filterWidth * inChannels;
}

/** Whether the patches are the image itself: one pixel each, all of them. */
function isPointwise(info: Info): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && padInfo.top === 0 && padInfo.left === 0;
}

/** The patches under the output pixels, `[pixels, patch]`. */
function patches(backend: SimdBackend, x: TensorInfo, info: Info): TensorInfo {
  const shape = [outputPixels(info), patchSize(info)];
  if (isPointwise(info)) return backend.view(x, shape);
  const output = backend.allocate(shape, 'float32');
  backend.emit({
    kernel: backend.kernel('patches'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(x)],
    params: windowWords(info),
  });
  return output;
}

const matrix = (info: TensorInfo, rows: number, columns: number): TensorInfo => ({
  dataId: info.dataId,
  shape: [rows, columns],
  dtype: info.dtype,
});

function convolve(
  backend: SimdBackend,
  x: TensorInfo,
  filter: TensorInfo,
  info: Info,
  bias?: TensorInfo,
  activation = 0,
): TensorInfo {
  const rows = patches(backend, x, info);
  const flat = matrix(filter, patchSize(info), info.outChannels);
  const output = product(backend, rows, flat, { transposeA: false, transposeB: false, bias, activation });
  backend.disposeInfo(rows);
  return { ...output, shape: info.outShape };
}

const conv2d: OwnKernel = (backend, { x, filter }, attrs) => {
  const info = convolutionInfo(x!.shape, filter!.shape, attrs);
  if (info === null || !allOf('float32', [x, filter])) return null;
  return convolve(backend, x!, filter!, info);
};

/** What follows a fused convolution, or null for types or activations that are not known here. */
function epilogueOf({ x, filter, bias, preluActivationWeights }: Inputs, attrs: Attributes): Epilogue | null {
  const activation = attrs['activation'] as string;
  const known = allOf('float32', [x, filter, bias, preluActivationWeights]) && knowsActivation(activation);
  if (!known) return null;
  return { bias, preluWeights: preluActivationWeights, activation, alpha: attrs['leakyreluAlpha'] };
}

const fusedConv2d: OwnKernel = (backend, inputs, attrs) => {
  const { x, filter } = inputs;
  const info = convolutionInfo(x!.shape, filter!.shape, attrs);
  const epilogue = epilogueOf(inputs, attrs);
  if (info === null || epilogue === null) return null;
  return withEpilogue(backend, info.outChannels, epilogue, (row, act) =>
    convolve(backend, x!, filter!, info, row, act),
  );
};

const filterGradient: OwnKernel = (backend, { x, dy }, attrs) => {
  const info = convolutionInfo(x!.shape, attrs['filterShape'] as number[], attrs);
  if (info === null || !allOf('float32', [x, dy])) return null;
  const rows = patches(backend, x!, info);
  const errors = matrix(dy!, outputPixels(info), info.outChannels);
  const output = product(backend, rows, errors, { transposeA: true, transposeB: false });
  backend.disposeInfo(rows);
  return { ...output, shape: info.filterShape };
};

const inputGradient: OwnKernel = (backend, { dy, filter }, attrs) => {
  const info = convolutionInfo(attrs['inputShape'] as number[], filter!.shape, attrs);
  if (info === null || !allOf('float32', [dy, filter])) return null;
  const errors = matrix(dy!, outputPixels(info), info.outChannels);
  const flat = matrix(filter!, patchSize(info), info.outChannels);
  const rows = product(backend, errors, flat, { transposeA: false, transposeB: true });
  if (isPointwise(info)) return { ...rows, shape: info.inShape };
  const output = backend.allocate(info.inShape, 'float32');
  backend.emit({
    kernel: backend.kernel('addPatches'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(rows)],
    params: windowWords(info),
  });
  backend.disposeInfo(rows);
  return output;
};

/** Kinds of the depthwise kernel. */
const DEPTHWISE = { forward: 0, image: 1, filter: 2 } as const;

function depthwise(
  backend: SimdBackend,
  kind: number,
  inputs: readonly [TensorInfo, TensorInfo],
  info: Info,
  shape: readonly number[],
): TensorInfo {
  const output = backend.allocate(shape, 'float32');
  backend.emit({
    kernel: backend.kernel('depthwise'),
    outputs: [backend.buffer(output)],
    inputs: inputs.map((input) => backend.buffer(input)),
    params: [...windowWords(info), info.outChannels / info.inChannels, kind],
  });
  return output;
}

const depthwiseConv2d: OwnKernel = (backend, { x, filter }, attrs) => {
  const info = convolutionInfo(x!.shape, filter!.shape, attrs, true);
  if (info === null || !allOf('float32', [x, filter])) return null;
  return depthwise(backend, DEPTHWISE.forward, [x!, filter!], info, info.outShape);
};

const fusedDepthwiseConv2d: OwnKernel = (backend, inputs, attrs) => {
  const epilogue = epilogueOf(inputs, attrs);
  const output = epilogue === null ? null : depthwiseConv2d(backend, inputs, attrs);
  return output === null ? null : applyEpilogue(backend, output as TensorInfo, epilogue!);
};

const depthwiseInputGradient: OwnKernel = (backend, { dy, filter }, attrs) => {
  const info = convolutionInfo(attrs['inputShape'] as number[], filter!.shape, attrs, true);
  if (info === null || !allOf('float32', [dy, filter])) return null;
  return depthwise(backend, DEPTHWISE.image, [dy!, filter!], info, info.inShape);
};

const depthwiseFilterGradient: OwnKernel = (backend, { x, dy }, attrs) => {
  const info = convolutionInfo(x!.shape, attrs['filterShape'] as number[], attrs, true);
  if (info === null || !allOf('float32', [x, dy])) return null;
  return depthwise(backend, DEPTHWISE.filter, [x!, dy!], info, attrs['filterShape'] as number[]);
};

function poolingInfo(shape: readonly number[], attrs: Attributes): Info {
  return backend_util.computePool2DInfo(
    shape as Shape4,
    attrs['filterSize'] as number,
    attrs['strides'] as number,
    1,
    attrs['pad'] as 'same',
    attrs['dimRoundingMode'] as 'floor' | undefined,
  );
}

/** Kinds of the pooling kernels. */
const POOLING = { max: 0, mean: 1 } as const;

const pool =
  (kind: number): OwnKernel =>
  (backend, { x }, attrs) => {
    if (!allOf('float32', [x])) return null;
    const info = poolingInfo(x!.shape, attrs);
    const output = backend.allocate(info.outShape, 'float32');
    backend.emit({
      kernel: backend.kernel('pool'),
      outputs: [backend.buffer(output)],
      inputs: [backend.buffer(x!)],
      params: [...windowWords(info), kind],
    });
    return output;
  };

const poolGradient =
  (kind: number): OwnKernel =>
  (backend, { dy, input }, attrs) => {
    if (!allOf('float32', [dy, input])) return null;
    const info = poolingInfo(input!.shape, attrs);
    const output = backend.allocate(input!.shape, 'float32');
    backend.emit({
      kernel: backend.kernel('poolGradient'),
      outputs: [backend.buffer(output)],
      inputs: [backend.buffer(dy!), backend.buffer(input!)],
      params: [...windowWords(info), kind],
    });
    return output;
  };

export const windowKernels: KernelTable = {
  AvgPool: pool(POOLING.mean),
  AvgPoolGrad: poolGradient(POOLING.mean),
  Conv2D: conv2d,
  Conv2DBackpropFilter: filterGradient,
  Conv2DBackpropInput: inputGradient,
  DepthwiseConv2dNative: depthwiseConv2d,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  FusedConv2D: fusedConv2d,
  FusedDepthwiseConv2D: fusedDepthwiseConv2d,
  MaxPool: pool(POOLING.max),
  MaxPoolGrad: poolGradient(POOLING.max),
};
