/** Cases of kernels on images and volumes. */

import type { CaseTable, Draw, KernelCase, Plain } from './draw.ts';

const convolution = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };
const strided = { ...convolution, strides: [2, 1], pad: 'valid' };
const dilated = { ...convolution, dilations: [2, 2] };
/** Larger and smaller; at the corners, at the edges and at the centres of pixels. */
const resizes = [
  { size: [5, 7], alignCorners: true, halfPixelCenters: false },
  { size: [5, 7], alignCorners: false, halfPixelCenters: true },
  { size: [2, 3], alignCorners: false, halfPixelCenters: false },
  { size: [1, 9], alignCorners: true, halfPixelCenters: false },
];
const pooling = { filterSize: [2, 2], strides: [2, 2], pad: 'same' };
const pooling3 = { filterSize: [2, 2, 2], strides: [1, 2, 1], pad: 'valid', dataFormat: 'NDHWC' };
const volume = { strides: [1, 1, 1], pad: 'same', dataFormat: 'NDHWC', dilations: [1, 1, 1] };
const boxes: Plain = {
  values: [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11],
  shape: [4, 4],
  dtype: 'float32',
};
const scores: Plain = { values: [0.9, 0.75, 0.6, 0.95], shape: [4], dtype: 'float32' };
const suppression = { maxOutputSize: 3, iouThreshold: 0.5, scoreThreshold: 0 };
const fusedConvolution =
  (filter: readonly number[], channels: number) =>
  (draw: Draw): KernelCase[] =>
    ['linear', 'relu', 'relu6', 'elu', 'leakyrelu', 'prelu'].flatMap((activation) =>
      [true, false].map((biased) => ({
        inputs: {
          x: draw.float(2, 6, 5, 3),
          filter: draw.float(...filter),
          ...(biased ? { bias: draw.float(channels) } : {}),
          ...(activation === 'prelu' ? { preluActivationWeights: draw.float(channels) } : {}),
        },
        attrs: { ...convolution, activation, leakyreluAlpha: 0.2 },
      })),
    );

export const IMAGE_CASES: CaseTable = {
  AvgPool: (d) => [
    { inputs: { x: d.float(2, 5, 6, 3) }, attrs: pooling },
    { inputs: { x: d.float(1, 4, 4, 1) }, attrs: { ...pooling, filterSize: 3, strides: 1, pad: 'valid' } },
  ],
  AvgPool3D: (d) => [{ inputs: { x: d.float(1, 3, 4, 3, 2) }, attrs: pooling3 }],
  AvgPool3DGrad: (d) => [{ inputs: { dy: d.float(1, 2, 2, 2, 2), input: d.float(1, 3, 4, 3, 2) }, attrs: pooling3 }],
  AvgPoolGrad: (d) => [{ inputs: { dy: d.float(2, 3, 3, 3), input: d.float(2, 5, 6, 3) }, attrs: pooling }],
  BatchToSpaceND: (d) => [
    {
      inputs: { x: d.float(4, 2, 3, 1) },
      attrs: {
        blockShape: [2, 2],
        crops: [
          [0, 1],
          [1, 0],
        ],
      },
    },
  ],
  Conv2D: (d) =>
    [convolution, strided, dilated].map((attrs) => ({
      inputs: { x: d.float(2, 7, 6, 3), filter: d.float(3, 2, 3, 5) },
      attrs,
    })),
  Conv2DBackpropFilter: (d) => [
    {
      inputs: { x: d.float(2, 7, 6, 3), dy: d.float(2, 7, 6, 5) },
      attrs: { ...convolution, filterShape: [3, 2, 3, 5] },
    },
    { inputs: { x: d.float(2, 7, 6, 3), dy: d.float(2, 3, 5, 5) }, attrs: { ...strided, filterShape: [3, 2, 3, 5] } },
  ],
  Conv2DBackpropInput: (d) => [
    {
      inputs: { dy: d.float(2, 7, 6, 5), filter: d.float(3, 2, 3, 5) },
      attrs: { ...convolution, inputShape: [2, 7, 6, 3] },
    },
    {
      inputs: { dy: d.float(2, 3, 5, 5), filter: d.float(3, 2, 3, 5) },
      attrs: { ...strided, inputShape: [2, 7, 6, 3] },
    },
  ],
  Conv3D: (d) => [{ inputs: { x: d.float(1, 3, 4, 3, 2), filter: d.float(2, 2, 2, 2, 3) }, attrs: volume }],
  Conv3DBackpropFilterV2: (d) => [
    {
      inputs: { x: d.float(1, 3, 4, 3, 2), dy: d.float(1, 3, 4, 3, 3) },
      attrs: { strides: [1, 1, 1], pad: 'same', filterShape: [2, 2, 2, 2, 3] },
    },
  ],
  Conv3DBackpropInputV2: (d) => [
    {
      inputs: { dy: d.float(1, 3, 4, 3, 3), filter: d.float(2, 2, 2, 2, 3) },
      attrs: { strides: [1, 1, 1], pad: 'same', inputShape: [1, 3, 4, 3, 2] },
    },
  ],
  CropAndResize: (d) => [
    {
      inputs: { image: d.float(2, 5, 5, 2), boxes: d.between(0, 1, 3, 4), boxInd: d.int(2, 3) },
      attrs: { cropSize: [3, 4], method: 'bilinear', extrapolationValue: 0.5 },
    },
  ],
  DepthToSpace: (d) => [{ inputs: { x: d.float(1, 2, 3, 8) }, attrs: { blockSize: 2, dataFormat: 'NHWC' } }],
  DepthwiseConv2dNative: (d) =>
    [convolution, strided, dilated].map((attrs) => ({
      inputs: { x: d.float(2, 6, 5, 3), filter: d.float(3, 3, 3, 2) },
      attrs: { ...attrs, strides: attrs === strided ? [2, 2] : [1, 1] },
    })),
  DepthwiseConv2dNativeBackpropFilter: (d) => [
    {
      inputs: { x: d.float(2, 6, 5, 3), dy: d.float(2, 6, 5, 6) },
      attrs: { ...convolution, filterShape: [3, 3, 3, 2] },
    },
  ],
  DepthwiseConv2dNativeBackpropInput: (d) => [
    {
      inputs: { dy: d.float(2, 6, 5, 6), filter: d.float(3, 3, 3, 2) },
      attrs: { ...convolution, inputShape: [2, 6, 5, 3] },
    },
  ],
  Dilation2D: (d) => [
    {
      inputs: { x: d.float(1, 5, 5, 2), filter: d.float(2, 2, 2) },
      attrs: { strides: [1, 1], pad: 'same', dilations: [1, 1] },
    },
  ],
  Dilation2DBackpropFilter: (d) => [
    {
      inputs: { x: d.float(1, 5, 5, 2), filter: d.float(2, 2, 2), dy: d.float(1, 5, 5, 2) },
      attrs: { strides: [1, 1], pad: 'same', dilations: [1, 1] },
    },
  ],
  Dilation2DBackpropInput: (d) => [
    {
      inputs: { x: d.float(1, 5, 5, 2), filter: d.float(2, 2, 2), dy: d.float(1, 5, 5, 2) },
      attrs: { strides: [1, 1], pad: 'same', dilations: [1, 1] },
    },
  ],
  FlipLeftRight: (d) => [{ inputs: { image: d.float(1, 3, 4, 2) } }],
  FusedBatchNorm: (d) => [
    {
      inputs: {
        x: d.float(2, 3, 3, 4),
        mean: d.float(4),
        variance: d.between(0.1, 2, 4),
        offset: d.float(4),
        scale: d.float(4),
      },
      attrs: { varianceEpsilon: 1e-3 },
    },
    {
      inputs: { x: d.float(9, 5), mean: d.float(5), variance: d.between(0.1, 2, 5) },
      attrs: { varianceEpsilon: 1e-3 },
    },
  ],
  FusedConv2D: fusedConvolution([3, 3, 3, 4], 4),
  FusedDepthwiseConv2D: fusedConvolution([3, 3, 3, 2], 6),
  LRN: (d) => [{ inputs: { x: d.float(1, 2, 2, 6) }, attrs: { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.5 } }],
  LRNGrad: (d) => [
    {
      inputs: { x: d.float(1, 2, 2, 6), y: d.float(1, 2, 2, 6), dy: d.float(1, 2, 2, 6) },
      attrs: { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.5 },
    },
  ],
  MaxPool: (d) => [
    { inputs: { x: d.distinct(2, 5, 6, 3) }, attrs: pooling },
    { inputs: { x: d.distinct(1, 4, 4, 1) }, attrs: { ...pooling, filterSize: 3, strides: 1, pad: 'valid' } },
  ],
  MaxPool3D: (d) => [{ inputs: { x: d.distinct(1, 3, 4, 3, 2) }, attrs: pooling3 }],
  MaxPool3DGrad: (d) => [
    {
      inputs: { dy: d.float(1, 2, 2, 2, 2), input: d.distinct(1, 3, 4, 3, 2), output: d.float(1, 2, 2, 2, 2) },
      attrs: pooling3,
    },
  ],
  MaxPoolGrad: (d) => [
    {
      inputs: { dy: d.float(2, 3, 3, 3), input: d.distinct(2, 5, 6, 3), output: d.float(2, 3, 3, 3) },
      attrs: pooling,
    },
  ],
  MaxPoolWithArgmax: (d) => [
    { inputs: { x: d.distinct(2, 4, 4, 2) }, attrs: { ...pooling, includeBatchInIndex: false } },
  ],
  NonMaxSuppressionV3: () => [{ inputs: { boxes, scores }, attrs: suppression }],
  NonMaxSuppressionV4: () => [{ inputs: { boxes, scores }, attrs: { ...suppression, padToMaxOutputSize: true } }],
  NonMaxSuppressionV5: () => [{ inputs: { boxes, scores }, attrs: { ...suppression, softNmsSigma: 0.4 } }],
  ResizeBilinear: (d) =>
    resizes.map((attrs) => ({ inputs: { images: d.float(2, 3, 4, attrs.alignCorners ? 2 : 5) }, attrs })),
  // Of square images: for others, the CPU backend's gradient has height and width exchanged.
  ResizeBilinearGrad: (d) =>
    resizes.map(({ size: [height, width], alignCorners }) => ({
      inputs: { images: d.float(2, 4, 4, 6), dy: d.float(2, height!, width!, 6) },
      attrs: { alignCorners },
    })),
  ResizeNearestNeighbor: (d) => resizes.map((attrs) => ({ inputs: { images: d.float(2, 3, 4, 2) }, attrs })),
  // One image at a time: for more, the CPU backend's gradient reads the wrong ones.
  ResizeNearestNeighborGrad: (d) =>
    resizes.map(({ size: [height, width], alignCorners }) => ({
      inputs: { images: d.float(1, 3, 4, 5), dy: d.float(1, height!, width!, 5) },
      attrs: { alignCorners },
    })),
  RotateWithOffset: (d) => [
    { inputs: { image: d.float(1, 4, 4, 3) }, attrs: { radians: 0.7, fillValue: 0.5, center: 0.5 } },
  ],
  SpaceToBatchND: (d) => [
    {
      inputs: { x: d.float(1, 3, 4, 1) },
      attrs: {
        blockShape: [2, 2],
        paddings: [
          [0, 1],
          [0, 0],
        ],
      },
    },
  ],
  Transform: (d) => [
    {
      inputs: {
        image: d.float(1, 4, 4, 2),
        transforms: { values: [1, 0, 1, 0, 1, 0, 0, 0], shape: [1, 8], dtype: 'float32' },
      },
      attrs: { interpolation: 'bilinear', fillMode: 'reflect', fillValue: 0, outputShape: [4, 4] },
    },
  ],
};
