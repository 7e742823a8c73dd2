/** Edge cases of kernels: nothing at all, single numbers, and numbers that are not finite among others. */

import type { Rng } from '@skein/core';
import { type CaseTable, type Draw, ints, type KernelCase, type Plain } from './draw.ts';

const unaries = (draw: Draw): KernelCase[] => [{ inputs: { x: draw.float(0, 3) } }, { inputs: { x: draw.float() } }];

const binaries = (draw: Draw): KernelCase[] => [
  { inputs: { a: draw.float(0, 3), b: draw.float(3) } },
  { inputs: { a: draw.float(), b: draw.float(2, 0) } },
  { inputs: { a: draw.float(), b: draw.float() } },
];

/** Reductions of no rows, and of a scalar over no axis. */
const reductions =
  (key: string) =>
  (draw: Draw): KernelCase[] => [
    { inputs: { x: draw.float(0, 3) }, attrs: { [key]: [1], keepDims: false } },
    { inputs: { x: draw.float() }, attrs: { [key]: [], keepDims: false } },
  ];

const truths = (draw: Draw): KernelCase[] => [
  { inputs: { x: draw.bool(0, 3) }, attrs: { axis: [1], keepDims: false } },
];

const images = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] } as const;
const windows = { filterSize: [2, 2], strides: [2, 2], pad: 'same' } as const;
const fused = { ...images, activation: 'relu' } as const;

const pooling = (draw: Draw): KernelCase[] => [{ inputs: { x: draw.float(0, 4, 4, 2) }, attrs: windows }];
const poolingGradient = (draw: Draw): KernelCase[] => [
  { inputs: { dy: draw.float(0, 2, 2, 2), input: draw.float(0, 4, 4, 2) }, attrs: windows },
];

const productCase = (draw: Draw, m: number, k: number, n: number): KernelCase => ({
  inputs: { a: draw.float(2, m, k), b: draw.float(2, k, n) },
  attrs: { transposeA: false, transposeB: false, activation: 'linear' },
});
/** Of no rows, and of an inner dimension of none, whose sums are zero. */
const products = (draw: Draw): KernelCase[] => [productCase(draw, 0, 3, 4), productCase(draw, 5, 0, 4)];

const UNARY =
  'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor IsFinite IsInf IsNan Log Log1p Neg ' +
  'Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square Tan Tanh ZerosLike OnesLike Identity';
const BINARY =
  'Add Atan2 Equal Greater GreaterEqual Less LessEqual Maximum Minimum Mod Multiply NotEqual Pow RealDiv ' +
  'SquaredDifference Sub';

function each(names: string, cases: (draw: Draw) => KernelCase[]): CaseTable {
  return Object.fromEntries(names.split(' ').map((name) => [name, cases]));
}

/** Running sums of no rows, and of one number. */
const scans = (draw: Draw): KernelCase[] =>
  [draw.float(0, 3), draw.float(1)].map((x) => ({
    inputs: { x },
    attrs: { axis: x.shape.length - 1, exclusive: false, reverse: true },
  }));

/** Cases without a number, or with one, for each kernel that the `simd` backend has itself. */
export const EDGE_CASES: CaseTable = {
  ...each(UNARY, unaries),
  ...each(BINARY, binaries),
  ...each('Mean Min Sum Prod', reductions('axis')),
  ...each('All Any', truths),
  ...each('Cumprod Cumsum', scans),
  ...each('AvgPool MaxPool', pooling),
  ...each('AvgPoolGrad MaxPoolGrad', poolingGradient),
  _FusedMatMul: products,
  BatchMatMul: products,
  AddN: (d) => [{ inputs: [d.float(0, 3), d.float(0, 3)] }, { inputs: [d.float(), d.float()] }],
  ArgMax: (d) => [{ inputs: { x: d.float(0, 3) }, attrs: { axis: 1 } }],
  ArgMin: (d) => [{ inputs: { x: d.float(0, 3) }, attrs: { axis: 1 } }],
  Cast: (d) => [d.float(0), d.float()].map((x) => ({ inputs: { x }, attrs: { dtype: 'int32' } })),
  ClipByValue: (d) => unaries(d).map((one) => ({ ...one, attrs: { clipValueMin: -1, clipValueMax: 1 } })),
  Conv2D: (d) => [{ inputs: { x: d.float(0, 4, 4, 2), filter: d.float(3, 3, 2, 5) }, attrs: images }],
  DepthwiseConv2dNative: (d) => [{ inputs: { x: d.float(0, 4, 4, 2), filter: d.float(3, 3, 2, 1) }, attrs: images }],
  EluGrad: (d) => [{ inputs: { dy: d.float(0, 3), y: d.float(0, 3) } }],
  ExpandDims: (d) => [{ inputs: { input: d.float() }, attrs: { dim: 0 } }],
  Fill: () => [[0, 2], []].map((shape) => ({ inputs: {}, attrs: { shape, value: 2, dtype: 'float32' } })),
  FusedBatchNorm: (d) => [
    {
      inputs: { x: d.float(0, 5), mean: d.float(5), variance: d.between(0.1, 2, 5) },
      attrs: { varianceEpsilon: 1e-3 },
    },
  ],
  FusedConv2D: (d) => [
    { inputs: { x: d.float(0, 4, 4, 2), filter: d.float(3, 3, 2, 5), bias: d.float(5) }, attrs: fused },
  ],
  FusedDepthwiseConv2D: (d) => [
    { inputs: { x: d.float(0, 4, 4, 2), filter: d.float(3, 3, 2, 1), bias: d.float(2) }, attrs: fused },
  ],
  LeakyRelu: (d) => unaries(d).map((one) => ({ ...one, attrs: { alpha: 0.2 } })),
  LogicalAnd: (d) => [{ inputs: { a: d.bool(0), b: d.bool(0) } }, { inputs: { a: d.bool(), b: d.bool() } }],
  LogicalNot: (d) => [{ inputs: { x: d.bool(0) } }, { inputs: { x: d.bool() } }],
  LogicalOr: (d) => [{ inputs: { a: d.bool(0), b: d.bool(0) } }, { inputs: { a: d.bool(), b: d.bool() } }],
  Max: reductions('reductionIndices'),
  OneHot: () => [
    { inputs: { indices: ints([]) }, attrs: { depth: 3, onValue: 1, offValue: 0, dtype: 'float32' } },
    {
      inputs: { indices: { values: [1], shape: [], dtype: 'int32' } },
      attrs: { depth: 3, onValue: 1, offValue: 0, dtype: 'float32' },
    },
  ],
  Pack: (d) => [{ inputs: [d.float(), d.float()], attrs: { axis: 0 } }],
  Prelu: (d) => [{ inputs: { x: d.float(0, 3), alpha: d.float(3) } }],
  ResizeBilinear: (d) => [
    {
      inputs: { images: d.float(0, 3, 4, 2) },
      attrs: { size: [5, 5], alignCorners: false, halfPixelCenters: false },
    },
  ],
  Reshape: (d) => [
    { inputs: { x: d.float(0, 3) }, attrs: { shape: [3, 0] } },
    { inputs: { x: d.float() }, attrs: { shape: [1, 1] } },
  ],
  Reverse: (d) => [{ inputs: { x: d.float(0, 3) }, attrs: { dims: [1] } }],
  Select: (d) => [
    { inputs: { condition: d.bool(0), t: d.float(0), e: d.float(0) } },
    { inputs: { condition: d.bool(), t: d.float(), e: d.float() } },
  ],
  Slice: (d) => [{ inputs: { x: d.float(3, 4) }, attrs: { begin: [1, 2], size: [0, 1] } }],
  Softmax: (d) => [{ inputs: { logits: d.float(0, 3) }, attrs: { dim: 1 } }],
  SplitV: (d) => [{ inputs: { x: d.float(3, 4) }, attrs: { numOrSizeSplits: [0, 4], axis: 1 } }],
  Step: (d) => unaries(d).map((one) => ({ ...one, attrs: { alpha: 0.1 } })),
  Tile: (d) => [
    { inputs: { x: d.float(0, 3) }, attrs: { reps: [2, 2] } },
    { inputs: { x: d.float(2, 3) }, attrs: { reps: [0, 1] } },
  ],
  Transpose: (d) => [{ inputs: { x: d.float(0, 3) }, attrs: { perm: [1, 0] } }],
  UnsortedSegmentSum: (d) => [{ inputs: { x: d.float(0, 3), segmentIds: ints([]) }, attrs: { numSegments: 2 } }],
};

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Kernels whose results at NaN and infinity differ from the CPU backend's on purpose, and how. */
export const OTHERWISE_NOT_FINITE: Readonly<Record<string, string>> = {
  Cast: 'numbers beyond int32 become its ends, not their last 32 bits',
  Conv2D: 'the border of the image is zeros, which an infinite filter makes NaN',
  FusedConv2D: 'as Conv2D',
  MaxPool: 'the maximum of a window with NaN is NaN',
  MaxPoolGrad: 'as MaxPool',
  UnsortedSegmentSum: 'NaN stays in its own segment',
};

/** The case with NaN and both infinities planted among its float32 inputs. */
export function withNotFinite({ inputs, attrs }: KernelCase, rng: Rng): KernelCase {
  return { inputs: plant(inputs, rng) as KernelCase['inputs'], ...(attrs === undefined ? {} : { attrs }) };
}

function plant(item: unknown, rng: Rng): unknown {
  if (Array.isArray(item)) return item.map((part) => plant(part, rng));
  if (typeof item !== 'object' || item === null) return item;
  const { values, shape, dtype } = item as Partial<Plain>;
  if (!Array.isArray(values))
    return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, plant(part, rng)]));
  if (dtype !== 'float32' || values.length === 0) return item;
  const planted = [...(values as number[])];
  for (const value of NOT_FINITE) planted[rng.integer(planted.length)] = value;
  return { values: planted, shape, dtype };
}
