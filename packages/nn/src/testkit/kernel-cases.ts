/**
 * Random inputs for every kernel that tfjs's CPU backend registers: shapes, types, broadcasts and edge cases. The
 * differential test runs each case on two backends.
 */

import type { Rng } from '@skein/core';
import type { DataType } from '@tensorflow/tfjs-core';

/** A tensor as plain data. */
export interface Plain {
  readonly values: readonly number[] | readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** Inputs as the kernel takes them: by name, or a list. `complex` names a pair of parts. */
export interface KernelCase {
  readonly inputs: Readonly<Record<string, unknown>> | readonly Plain[];
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** Kernels that cannot run here, and why. */
export const EXCLUDED: Readonly<Record<string, string>> = { Draw: 'draws on a canvas' };

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** Draws tensors. */
class Draw {
  private readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  private fill(shape: readonly number[], dtype: DataType, one: () => number): Plain {
    return { values: Array.from({ length: size(shape) }, one), shape, dtype };
  }

  /** Numbers of both signs around one. */
  float(...shape: number[]): Plain {
    return this.fill(shape, 'float32', () => Math.fround(this.rng.normal() * 2));
  }

  /** Numbers in (low, high). */
  between(low: number, high: number, ...shape: number[]): Plain {
    return this.fill(shape, 'float32', () => Math.fround(low + (high - low) * this.rng.uniform()));
  }

  int(n: number, ...shape: number[]): Plain {
    return this.fill(shape, 'int32', () => this.rng.integer(n));
  }

  signed(n: number, ...shape: number[]): Plain {
    return this.fill(shape, 'int32', () => this.rng.integer(2 * n + 1) - n);
  }

  bool(...shape: number[]): Plain {
    return this.fill(shape, 'bool', () => this.rng.integer(2));
  }

  of(dtype: DataType, ...shape: number[]): Plain {
    if (dtype === 'bool') return this.bool(...shape);
    return dtype === 'int32' ? this.signed(20, ...shape) : this.float(...shape);
  }

  /** Different numbers, so that orders and maxima are unique. */
  distinct(...shape: number[]): Plain {
    const order = this.rng.shuffle(Array.from({ length: size(shape) }, (_, i) => i));
    return { values: order.map((i) => i * 0.25 - 3), shape, dtype: 'float32' };
  }

  shape(rank: number): number[] {
    return Array.from({ length: rank }, () => 1 + this.rng.integer(6));
  }
}

const EDGES: Plain = {
  values: [
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Infinity,
    -Infinity,
    1e-40,
    1e-20,
    1e20,
    -1e20,
    0.5,
    1.5,
    2.5,
    -0.5,
    88,
    -87,
    1e-4,
    13,
  ],
  shape: [19],
  dtype: 'float32',
};

/** An empty tensor, a scalar, edge cases, an odd and a large tensor. */
function singles(draw: Draw): Plain[] {
  return [
    draw.float(0),
    draw.float(),
    EDGES,
    draw.float(...draw.shape(3)),
    draw.between(-40, 40, 5, 13),
    draw.float(16, 33),
  ];
}

const unary =
  (attrs?: Readonly<Record<string, unknown>>) =>
  (draw: Draw): KernelCase[] =>
    singles(draw).map((x) => ({ inputs: { x }, ...(attrs ? { attrs } : {}) }));

/** Functions whose argument must stay in a range; edges outside of it are NaN on every backend. */
const unaryOn =
  (low: number, high: number) =>
  (draw: Draw): KernelCase[] => [
    { inputs: { x: draw.between(low, high, 40) } },
    { inputs: { x: draw.between(low, high, 3, 5) } },
  ];

const BROADCASTS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[7], []],
  [[], [2, 3]],
  [[0], [1]],
  [[5, 7], [7]],
  [
    [5, 7],
    [5, 1],
  ],
  [
    [5, 1],
    [1, 7],
  ],
  [
    [3, 1, 5],
    [1, 4, 5],
  ],
  [
    [2, 1, 3, 1],
    [4, 1, 5],
  ],
  [
    [64, 33],
    [64, 33],
  ],
];

const binary =
  (...types: readonly DataType[]) =>
  (draw: Draw): KernelCase[] =>
    types.flatMap((dtype) =>
      BROADCASTS.map(([a, b]) => ({ inputs: { a: draw.of(dtype, ...a), b: draw.of(dtype, ...b) } })),
    );

const numeric = binary('float32', 'int32');

const reduction =
  (key: string, ...types: readonly DataType[]) =>
  (draw: Draw): KernelCase[] =>
    types.flatMap((dtype) =>
      (
        [
          [[7], [0]],
          [[5, 9], [0]],
          [[5, 9], [1]],
          [[3, 4, 5], [1]],
          [
            [3, 4, 5],
            [0, 2],
          ],
          [
            [2, 3, 4, 5],
            [1, 3],
          ],
          [
            [33, 17],
            [0, 1],
          ],
        ] as const
      ).flatMap(([shape, axes]) =>
        [false, true].map((keepDims) => ({
          inputs: { x: dtype === 'float32' ? draw.distinct(...shape) : draw.of(dtype, ...shape) },
          attrs: { [key]: [...axes], keepDims },
        })),
      ),
    );

const argReduction = (draw: Draw): KernelCase[] =>
  [0, 1, 2].map((axis) => ({ inputs: { x: draw.distinct(3, 4, 5) }, attrs: { axis } }));

const convolution = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };
const strided = { ...convolution, strides: [2, 1], pad: 'valid' };
const dilated = { ...convolution, dilations: [2, 2] };
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
const text = (...values: string[]): Plain => ({ values, shape: [values.length], dtype: 'string' });
const ints = (values: readonly number[], ...shape: number[]): Plain => ({
  values,
  shape: shape.length === 0 ? [values.length] : shape,
  dtype: 'int32',
});

const fusedActivations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'];

/** Inner dimensions that are cut into blocks; small numbers, because single-precision sums of many terms drift. */
function longProducts(draw: Draw): KernelCase[] {
  return [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      inputs: {
        a: draw.between(-0.1, 0.1, ...(transposeA ? [1601, 5] : [5, 1601])),
        b: draw.between(-0.1, 0.1, ...(transposeB ? [11, 1601] : [1601, 11])),
      },
      attrs: { transposeA, transposeB },
    })),
  );
}

function products(draw: Draw): KernelCase[] {
  const sizes: readonly (readonly [number, number, number])[] = [
    [1, 1, 1],
    [1, 7, 33],
    [4, 8, 8],
    [5, 3, 2],
    [17, 65, 19],
    [64, 64, 64],
  ];
  return sizes.flatMap(([m, k, n]) =>
    [0, 1, 2, 3].flatMap((bits) => {
      const [transposeA, transposeB] = [bits % 2 === 1, bits > 1];
      const a = transposeA ? [k, m] : [m, k];
      const b = transposeB ? [n, k] : [k, n];
      const attrs = { transposeA, transposeB };
      return [
        { inputs: { a: draw.float(...a), b: draw.float(...b) }, attrs },
        { inputs: { a: draw.float(3, ...a), b: draw.float(3, ...b) }, attrs },
        { inputs: { a: draw.float(2, 3, ...a), b: draw.float(1, ...b) }, attrs },
      ];
    }),
  );
}

function fusedProducts(draw: Draw): KernelCase[] {
  return fusedActivations.flatMap((activation) =>
    [[5], [1, 5], [4, 5], [], null].map((bias) => ({
      inputs: {
        a: draw.float(2, 4, 3),
        b: draw.float(2, 3, 5),
        ...(bias === null ? {} : { bias: draw.float(...bias) }),
        ...(activation === 'prelu' ? { preluActivationWeights: draw.float(5) } : {}),
      },
      attrs: { transposeA: false, transposeB: false, activation, leakyreluAlpha: 0.3 },
    })),
  );
}

const fusedConvolution =
  (filter: readonly number[], channels: number) =>
  (draw: Draw): KernelCase[] =>
    ['linear', 'relu', 'relu6', 'elu', 'leakyrelu'].map((activation) => ({
      inputs: { x: draw.float(2, 6, 5, 3), filter: draw.float(...filter), bias: draw.float(channels) },
      attrs: { ...convolution, activation, leakyreluAlpha: 0.2 },
    }));

const everyType =
  (make: (x: Plain, draw: Draw) => KernelCase, ...shape: number[]) =>
  (draw: Draw): KernelCase[] =>
    (['float32', 'int32', 'bool'] as const).map((dtype) => make(draw.of(dtype, ...shape), draw));

/** The cases of each kernel. */
export const KERNEL_CASES: Readonly<Record<string, (draw: Draw) => KernelCase[]>> = {
  _FusedMatMul: fusedProducts,
  Abs: (d) => [...unary()(d), { inputs: { x: d.signed(9, 30) } }],
  Acos: unaryOn(-1, 1),
  Acosh: unaryOn(1, 9),
  Add: numeric,
  AddN: (d) => [
    { inputs: [d.float(5, 3), d.float(5, 3), d.float(5, 3)] },
    { inputs: [d.signed(5, 4), d.signed(5, 4)] },
  ],
  All: reduction('axis', 'bool'),
  Any: reduction('axis', 'bool'),
  ArgMax: argReduction,
  ArgMin: argReduction,
  Asin: unaryOn(-1, 1),
  Asinh: unaryOn(-9, 9),
  Atan: unaryOn(-9, 9),
  Atan2: binary('float32'),
  Atanh: unaryOn(-0.9, 0.9),
  AvgPool: (d) => [
    { inputs: { x: d.float(2, 5, 6, 3) }, attrs: pooling },
    { inputs: { x: d.float(1, 4, 4, 1) }, attrs: { ...pooling, filterSize: 3, strides: 1, pad: 'valid' } },
  ],
  AvgPool3D: (d) => [{ inputs: { x: d.float(1, 3, 4, 3, 2) }, attrs: pooling3 }],
  AvgPool3DGrad: (d) => [{ inputs: { dy: d.float(1, 2, 2, 2, 2), input: d.float(1, 3, 4, 3, 2) }, attrs: pooling3 }],
  AvgPoolGrad: (d) => [{ inputs: { dy: d.float(2, 3, 3, 3), input: d.float(2, 5, 6, 3) }, attrs: pooling }],
  BatchMatMul: (d) => [...products(d), ...longProducts(d)],
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
  Bincount: (d) => [{ inputs: { x: d.int(5, 9), weights: d.float(9) }, attrs: { size: 5 } }],
  BitwiseAnd: (d) => [{ inputs: { a: d.int(99, 7), b: d.int(99, 7) } }],
  BroadcastArgs: () => [{ inputs: { s0: ints([1, 3]), s1: ints([2, 1]) } }],
  Cast: (d) =>
    (['float32', 'int32', 'bool'] as const).flatMap((from) =>
      (['float32', 'int32', 'bool'] as const).map((dtype) => ({ inputs: { x: d.of(from, 5, 7) }, attrs: { dtype } })),
    ),
  Ceil: unary(),
  ClipByValue: unary({ clipValueMin: -0.7, clipValueMax: 1.2 }),
  Complex: (d) => [{ inputs: { real: d.float(3, 2), imag: d.float(3, 2) } }],
  ComplexAbs: (d) => [{ inputs: { x: { real: d.float(3, 2), imag: d.float(3, 2) } } }],
  Concat: (d) => [
    ...[0, 1, 2].map((axis) => {
      const part = (n: number) => [2, 3, 4].map((length, i) => (i === axis ? n : length));
      return { inputs: [1, 5, 2].map((n) => d.float(...part(n))), attrs: { axis } };
    }),
    { inputs: [d.float(0, 3), d.float(2, 3)], attrs: { axis: 0 } },
    { inputs: [d.bool(3, 5), d.bool(3, 2)], attrs: { axis: 1 } },
    { inputs: [text('a', 'b'), text('c')], attrs: { axis: 0 } },
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
  Cos: unaryOn(-9, 9),
  Cosh: unaryOn(-9, 9),
  CropAndResize: (d) => [
    {
      inputs: { image: d.float(2, 5, 5, 2), boxes: d.between(0, 1, 3, 4), boxInd: d.int(2, 3) },
      attrs: { cropSize: [3, 4], method: 'bilinear', extrapolationValue: 0.5 },
    },
  ],
  Cumprod: (d) => [{ inputs: { x: d.float(3, 4) }, attrs: { axis: 1, exclusive: false, reverse: true } }],
  Cumsum: (d) => [{ inputs: { x: d.float(3, 4) }, attrs: { axis: 1, exclusive: true, reverse: false } }],
  DenseBincount: (d) => [
    { inputs: { x: d.int(4, 2, 6), weights: d.float(2, 6) }, attrs: { size: 4, binaryOutput: false } },
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
  Diag: (d) => [{ inputs: { x: d.float(4) } }],
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
  Einsum: (d) => [
    { inputs: [d.float(3, 4), d.float(4, 5)], attrs: { equation: 'ij,jk->ik' } },
    { inputs: [d.float(2, 3, 4)], attrs: { equation: 'bij->ij' } },
  ],
  Elu: unary(),
  EluGrad: (d) => [{ inputs: { dy: d.float(5, 7), y: d.float(5, 7) } }],
  Equal: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }, ...binary('bool')(d)],
  Erf: unaryOn(-4, 4),
  Exp: unary(),
  ExpandDims: everyType((input) => ({ inputs: { input }, attrs: { dim: -2 } }), 3, 4),
  Expm1: unary(),
  FFT: (d) => [{ inputs: { input: { real: d.float(2, 8), imag: d.float(2, 8) } } }],
  Fill: () => [
    { inputs: {}, attrs: { shape: [3, 4], value: 2.5, dtype: 'float32' } },
    { inputs: {}, attrs: { shape: [5], value: -3, dtype: 'int32' } },
    { inputs: {}, attrs: { shape: [2, 3], value: 1, dtype: 'bool' } },
    { inputs: {}, attrs: { shape: [2], value: 'x', dtype: 'string' } },
  ],
  FlipLeftRight: (d) => [{ inputs: { image: d.float(1, 3, 4, 2) } }],
  Floor: unary(),
  FloorDiv: (d) => [
    { inputs: { a: d.signed(30, 9), b: ints([1, 2, 3, -1, -2, -3, 4, 5, 6]) } },
    { inputs: { a: d.float(4, 5), b: d.between(1, 3, 5) } },
  ],
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
  GatherNd: (d) => [{ inputs: { params: d.float(3, 4, 2), indices: ints([0, 1, 2, 3, 1, 0], 3, 2) } }],
  GatherV2: (d) => [
    ...[0, 1, 2].map((axis) => ({
      inputs: { x: d.float(3, 4, 5), indices: d.int(3, 2, 3) },
      attrs: { axis, batchDims: 0 },
    })),
    { inputs: { x: d.bool(5, 3), indices: d.int(5, 7) }, attrs: { axis: 0, batchDims: 0 } },
    { inputs: { x: d.float(2, 4, 3), indices: d.int(4, 2, 5) }, attrs: { axis: 1, batchDims: 1 } },
  ],
  Greater: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  GreaterEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  Identity: everyType((x) => ({ inputs: { x } }), 3, 4),
  IFFT: (d) => [{ inputs: { input: { real: d.float(2, 8), imag: d.float(2, 8) } } }],
  Imag: (d) => [{ inputs: { input: { real: d.float(3), imag: d.float(3) } } }],
  IsFinite: unary(),
  IsInf: unary(),
  IsNan: unary(),
  LeakyRelu: unary({ alpha: 0.2 }),
  Less: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  LessEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  LinSpace: () => [{ inputs: {}, attrs: { start: 0, stop: 1, num: 7 } }],
  Log: unary(),
  Log1p: unary(),
  LogicalAnd: binary('bool'),
  LogicalNot: (d) => [{ inputs: { x: d.bool(7, 5) } }],
  LogicalOr: binary('bool'),
  LRN: (d) => [{ inputs: { x: d.float(1, 2, 2, 6) }, attrs: { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.5 } }],
  LRNGrad: (d) => [
    {
      inputs: { x: d.float(1, 2, 2, 6), y: d.float(1, 2, 2, 6), dy: d.float(1, 2, 2, 6) },
      attrs: { depthRadius: 2, bias: 1, alpha: 0.5, beta: 0.5 },
    },
  ],
  Max: reduction('reductionIndices', 'float32', 'int32'),
  Maximum: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
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
  Mean: reduction('axis', 'float32', 'int32'),
  Min: reduction('axis', 'float32', 'int32'),
  Minimum: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  MirrorPad: (d) => [
    {
      inputs: { x: d.float(3, 4) },
      attrs: {
        paddings: [
          [1, 1],
          [2, 0],
        ],
        mode: 'reflect',
      },
    },
  ],
  Mod: (d) => [{ inputs: { a: d.float(4, 5), b: d.between(1, 3, 5) } }],
  Multinomial: (d) => [{ inputs: { logits: d.float(2, 4) }, attrs: { numSamples: 9, seed: 3, normalized: false } }],
  Multiply: numeric,
  Neg: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  NonMaxSuppressionV3: () => [{ inputs: { boxes, scores }, attrs: suppression }],
  NonMaxSuppressionV4: () => [{ inputs: { boxes, scores }, attrs: { ...suppression, padToMaxOutputSize: true } }],
  NonMaxSuppressionV5: () => [{ inputs: { boxes, scores }, attrs: { ...suppression, softNmsSigma: 0.4 } }],
  NotEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  OneHot: (d) =>
    (['float32', 'int32', 'bool'] as const).map((dtype) => ({
      inputs: { indices: d.signed(4, 3, 2) },
      attrs: { depth: 4, onValue: 1, offValue: 0, dtype },
    })),
  OnesLike: everyType((x) => ({ inputs: { x } }), 3, 4),
  Pack: (d) => [0, 1, 2].map((axis) => ({ inputs: [d.float(3, 4), d.float(3, 4)], attrs: { axis } })),
  PadV2: (d) => [
    {
      inputs: { x: d.float(3, 4) },
      attrs: {
        paddings: [
          [1, 2],
          [0, 3],
        ],
        constantValue: 1.5,
      },
    },
    {
      inputs: { x: d.bool(3, 4) },
      attrs: {
        paddings: [
          [0, 1],
          [1, 0],
        ],
        constantValue: 1,
      },
    },
    {
      inputs: { x: d.float(2, 0) },
      attrs: {
        paddings: [
          [0, 1],
          [1, 1],
        ],
        constantValue: 2,
      },
    },
    {
      inputs: { x: d.float(2, 3, 2) },
      attrs: {
        paddings: [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
        constantValue: 0,
      },
    },
  ],
  Pow: (d) => [{ inputs: { a: d.between(0.1, 3, 4, 5), b: d.float(5) } }],
  Prelu: (d) => [{ inputs: { x: d.float(4, 5), alpha: d.float(5) } }],
  Prod: reduction('axis', 'float32', 'int32'),
  RaggedGather: (d) => [
    {
      inputs: {
        paramsNestedSplits: [ints([0, 3, 3, 7, 9])],
        paramsDenseValues: d.float(9),
        indices: ints([2, 1, 0, 3]),
      },
      attrs: { outputRaggedRank: 1 },
    },
  ],
  RaggedRange: () => [{ inputs: { starts: ints([0, 5, 8]), limits: ints([8, 7, 8]), deltas: ints([2, 1, 1]) } }],
  RaggedTensorToTensor: (d) => [
    {
      inputs: {
        shape: ints([4, 4]),
        values: d.float(9),
        defaultValue: { values: [1.5], shape: [], dtype: 'float32' },
        rowPartitionTensors: [{ values: [4], shape: [], dtype: 'int32' }, ints([0, 0, 0, 2, 2, 2, 2, 3, 3])],
      },
      attrs: { rowPartitionTypes: ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'] },
    },
  ],
  Range: () => [
    { inputs: {}, attrs: { start: 0, stop: 7, step: 2, dtype: 'int32' } },
    { inputs: {}, attrs: { start: 1, stop: -1, step: -0.25, dtype: 'float32' } },
  ],
  Real: (d) => [{ inputs: { input: { real: d.float(3), imag: d.float(3) } } }],
  RealDiv: (d) => [...binary('float32')(d), { inputs: { a: EDGES, b: EDGES } }],
  Reciprocal: unary(),
  Relu: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  Relu6: unary(),
  Reshape: everyType((x) => ({ inputs: { x }, attrs: { shape: [2, -1] } }), 3, 4),
  ResizeBilinear: (d) =>
    [true, false].map((alignCorners) => ({
      inputs: { images: d.float(2, 3, 4, 2) },
      attrs: { alignCorners, halfPixelCenters: !alignCorners, size: [5, 7] },
    })),
  ResizeBilinearGrad: (d) => [
    { inputs: { images: d.float(2, 3, 4, 2), dy: d.float(2, 5, 7, 2) }, attrs: { alignCorners: false } },
  ],
  ResizeNearestNeighbor: (d) => [
    {
      inputs: { images: d.float(2, 3, 4, 2) },
      attrs: { alignCorners: false, halfPixelCenters: false, size: [5, 7] },
    },
  ],
  ResizeNearestNeighborGrad: (d) => [
    { inputs: { images: d.float(2, 3, 4, 2), dy: d.float(2, 5, 7, 2) }, attrs: { alignCorners: false } },
  ],
  Reverse: everyType((x) => ({ inputs: { x }, attrs: { dims: [0, 2] } }), 3, 4, 2),
  RotateWithOffset: (d) => [
    { inputs: { image: d.float(1, 4, 4, 3) }, attrs: { radians: 0.7, fillValue: 0.5, center: 0.5 } },
  ],
  Round: unary(),
  Rsqrt: unaryOn(0.01, 9),
  ScatterNd: (d) => [{ inputs: { indices: ints([0, 3, 1], 3, 1), updates: d.float(3, 2) }, attrs: { shape: [5, 2] } }],
  SearchSorted: (d) => [
    {
      inputs: {
        sortedSequence: { values: [1, 2, 3, 4], shape: [1, 4], dtype: 'float32' },
        values: d.between(0, 5, 1, 6),
      },
      attrs: { side: 'left' },
    },
  ],
  Select: (d) => [
    ...everyType((t, draw) => ({ inputs: { condition: draw.bool(4, 5), t, e: t } }), 4, 5)(d),
    { inputs: { condition: d.bool(4, 5), t: d.float(4, 5), e: d.float(4, 5) } },
    { inputs: { condition: d.bool(4), t: d.float(4, 5), e: d.float(4, 5) } },
  ],
  Selu: unary(),
  Sigmoid: unary(),
  Sign: unary(),
  Sin: unaryOn(-9, 9),
  Sinh: unaryOn(-9, 9),
  SkeinRandom: () =>
    ['uniform', 'normal'].map((kind) => ({ inputs: { state: ints([1, 2, -3, 4]) }, attrs: { shape: [3, 7], kind } })),
  Slice: everyType((x) => ({ inputs: { x }, attrs: { begin: [1, 0, 2], size: [2, -1, 1] } }), 3, 4, 5),
  Softmax: (d) => [
    { inputs: { logits: d.float(3, 5) }, attrs: { dim: -1 } },
    { inputs: { logits: d.between(-90, 90, 2, 3, 17) }, attrs: { dim: 2 } },
  ],
  Softplus: unary(),
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
  SparseFillEmptyRows: () => [
    {
      inputs: {
        indices: ints([0, 0, 2, 1, 2, 3], 3, 2),
        values: { values: [1, 2, 3], shape: [3], dtype: 'float32' },
        denseShape: ints([4, 4]),
        defaultValue: { values: [9], shape: [], dtype: 'float32' },
      },
    },
  ],
  SparseReshape: () => [
    { inputs: { inputIndices: ints([0, 1, 1, 2], 2, 2), inputShape: ints([2, 3]), newShape: ints([3, -1]) } },
  ],
  SparseSegmentMean: (d) => [
    { inputs: { data: d.float(4, 3), indices: ints([0, 2, 3]), segmentIds: ints([0, 0, 1]) } },
  ],
  SparseSegmentSum: (d) => [{ inputs: { data: d.float(4, 3), indices: ints([0, 2, 3]), segmentIds: ints([0, 0, 1]) } }],
  SparseToDense: (d) => [
    {
      inputs: {
        sparseIndices: ints([1, 3, 4]),
        sparseValues: d.float(3),
        defaultValue: { values: [0.5], shape: [], dtype: 'float32' },
      },
      attrs: { outputShape: [6] },
    },
  ],
  SplitV: (d) => [
    { inputs: { x: d.float(6, 4) }, attrs: { numOrSizeSplits: 3, axis: 0 } },
    { inputs: { x: d.float(3, 7) }, attrs: { numOrSizeSplits: [2, 4, 1], axis: 1 } },
  ],
  Sqrt: unary(),
  Square: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  SquaredDifference: numeric,
  StaticRegexReplace: () => [
    { inputs: { x: text('hello', 'yellow') }, attrs: { pattern: 'l+', rewrite: 'L', replaceGlobal: true } },
  ],
  Step: unary({ alpha: 0.1 }),
  StridedSlice: (d) => [
    {
      inputs: { x: d.float(5, 6) },
      attrs: {
        begin: [4, 0],
        end: [0, 6],
        strides: [-2, 3],
        beginMask: 0,
        endMask: 0,
        ellipsisMask: 0,
        newAxisMask: 0,
        shrinkAxisMask: 0,
      },
    },
  ],
  StringNGrams: () => [
    {
      inputs: { data: text('a', 'b', 'c', 'd'), dataSplits: ints([0, 3, 4]) },
      attrs: {
        separator: '|',
        nGramWidths: [2],
        leftPad: 'L',
        rightPad: 'R',
        padWidth: 1,
        preserveShortSequences: false,
      },
    },
  ],
  StringSplit: () => [
    {
      inputs: { input: text('a b', 'c'), delimiter: { values: [' '], shape: [], dtype: 'string' } },
      attrs: { skipEmpty: true },
    },
  ],
  StringToHashBucketFast: () => [{ inputs: { input: text('a', 'bc', 'def') }, attrs: { numBuckets: 10 } }],
  Sub: numeric,
  Sum: (d) => [...reduction('axis', 'float32', 'int32')(d), { inputs: { x: d.float(0, 3) }, attrs: { axis: [0] } }],
  Tan: unaryOn(-1, 1),
  Tanh: unary(),
  TensorScatterUpdate: (d) => [
    { inputs: { tensor: d.float(5, 2), indices: ints([0, 3], 2, 1), updates: d.float(2, 2) } },
  ],
  Tile: everyType((x) => ({ inputs: { x }, attrs: { reps: [2, 1, 3] } }), 2, 3, 2),
  TopK: (d) => [{ inputs: { x: d.distinct(3, 6) }, attrs: { k: 2, sorted: true } }],
  Transform: (d) => [
    {
      inputs: {
        image: d.float(1, 4, 4, 2),
        transforms: { values: [1, 0, 1, 0, 1, 0, 0, 0], shape: [1, 8], dtype: 'float32' },
      },
      attrs: { interpolation: 'bilinear', fillMode: 'reflect', fillValue: 0, outputShape: [4, 4] },
    },
  ],
  Transpose: (d) => [
    ...everyType((x) => ({ inputs: { x }, attrs: { perm: [2, 0, 1] } }), 3, 4, 5)(d),
    { inputs: { x: d.float(33, 19) }, attrs: { perm: [1, 0] } },
    { inputs: { x: d.float(2, 3, 4, 5) }, attrs: { perm: [0, 2, 1, 3] } },
  ],
  Unique: () => [{ inputs: { x: ints([3, 1, 3, 2, 1]) }, attrs: { axis: 0 } }],
  Unpack: (d) => [0, 1].map((axis) => ({ inputs: { value: d.float(3, 4) }, attrs: { axis } })),
  UnsortedSegmentSum: (d) => [
    { inputs: { x: d.float(7, 5), segmentIds: d.int(4, 7) }, attrs: { numSegments: 4 } },
    { inputs: { x: d.float(6), segmentIds: d.int(3, 6) }, attrs: { numSegments: 5 } },
  ],
  ZerosLike: everyType((x) => ({ inputs: { x } }), 3, 4),
};

/** The cases of one kernel for a stream of random numbers. */
export function casesOf(kernel: string, rng: Rng): KernelCase[] {
  return KERNEL_CASES[kernel]?.(new Draw(rng)) ?? [];
}
