/** Cases of kernels that compute numbers: element-wise, products, reductions, transforms. */

import type { DataType } from '@tensorflow/tfjs-core';
import { type CaseTable, type Draw, EDGES, ints, type KernelCase, type Plain } from './draw.ts';

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

/** Running sums of every kind, over each axis. */
const scans = (draw: Draw): KernelCase[] =>
  [0, 1, 2].flatMap((axis) =>
    [0, 1, 2, 3].flatMap((flags) =>
      [draw.float(3, 4, 5), draw.signed(3, 3, 4, 5)].map((x) => ({
        inputs: { x },
        attrs: { axis, exclusive: flags % 2 === 1, reverse: flags > 1 },
      })),
    ),
  );

const argReduction = (draw: Draw): KernelCase[] =>
  [0, 1, 2].map((axis) => ({ inputs: { x: draw.distinct(3, 4, 5) }, attrs: { axis } }));

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

export const NUMERIC_CASES: CaseTable = {
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
  BatchMatMul: (d) => [...products(d), ...longProducts(d)],
  BitwiseAnd: (d) => [{ inputs: { a: d.int(99, 7), b: d.int(99, 7) } }],
  Ceil: unary(),
  ClipByValue: unary({ clipValueMin: -0.7, clipValueMax: 1.2 }),
  Complex: (d) => [{ inputs: { real: d.float(3, 2), imag: d.float(3, 2) } }],
  ComplexAbs: (d) => [{ inputs: { x: { real: d.float(3, 2), imag: d.float(3, 2) } } }],
  Cos: unaryOn(-9, 9),
  Cosh: unaryOn(-9, 9),
  Cumprod: scans,
  Cumsum: scans,
  Einsum: (d) => [
    { inputs: [d.float(3, 4), d.float(4, 5)], attrs: { equation: 'ij,jk->ik' } },
    { inputs: [d.float(2, 3, 4)], attrs: { equation: 'bij->ij' } },
  ],
  Elu: unary(),
  EluGrad: (d) => [{ inputs: { dy: d.float(5, 7), y: d.float(5, 7) } }],
  Equal: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }, ...binary('bool')(d)],
  Erf: unaryOn(-4, 4),
  Exp: unary(),
  Expm1: unary(),
  FFT: (d) => [{ inputs: { input: { real: d.float(2, 8), imag: d.float(2, 8) } } }],
  Floor: unary(),
  FloorDiv: (d) => [
    { inputs: { a: d.signed(30, 9), b: ints([1, 2, 3, -1, -2, -3, 4, 5, 6]) } },
    { inputs: { a: d.float(4, 5), b: d.between(1, 3, 5) } },
  ],
  Greater: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  GreaterEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  IFFT: (d) => [{ inputs: { input: { real: d.float(2, 8), imag: d.float(2, 8) } } }],
  Imag: (d) => [{ inputs: { input: { real: d.float(3), imag: d.float(3) } } }],
  IsFinite: unary(),
  IsInf: unary(),
  IsNan: unary(),
  LeakyRelu: unary({ alpha: 0.2 }),
  Less: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  LessEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  Log: unary(),
  Log1p: unary(),
  LogicalAnd: binary('bool'),
  LogicalNot: (d) => [{ inputs: { x: d.bool(7, 5) } }],
  LogicalOr: binary('bool'),
  Max: reduction('reductionIndices', 'float32', 'int32'),
  Maximum: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  Mean: reduction('axis', 'float32', 'int32'),
  Min: reduction('axis', 'float32', 'int32'),
  Minimum: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  Mod: (d) => [{ inputs: { a: d.float(4, 5), b: d.between(1, 3, 5) } }],
  Multiply: numeric,
  Neg: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  NotEqual: (d) => [...numeric(d), { inputs: { a: EDGES, b: EDGES } }],
  Pow: (d) => [{ inputs: { a: d.between(0.1, 3, 4, 5), b: d.float(5) } }],
  Prelu: (d) => [{ inputs: { x: d.float(4, 5), alpha: d.float(5) } }],
  Prod: reduction('axis', 'float32', 'int32'),
  Real: (d) => [{ inputs: { input: { real: d.float(3), imag: d.float(3) } } }],
  RealDiv: (d) => [...binary('float32')(d), { inputs: { a: EDGES, b: EDGES } }],
  Reciprocal: unary(),
  Relu: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  Relu6: unary(),
  Round: unary(),
  Rsqrt: unaryOn(0.01, 9),
  Selu: unary(),
  Sigmoid: unary(),
  Sign: unary(),
  Sin: unaryOn(-9, 9),
  Sinh: unaryOn(-9, 9),
  Softmax: (d) => [
    { inputs: { logits: d.float(3, 5) }, attrs: { dim: -1 } },
    { inputs: { logits: d.between(-90, 90, 2, 3, 17) }, attrs: { dim: 2 } },
  ],
  Softplus: unary(),
  Sqrt: unary(),
  Square: (d) => [...unary()(d), { inputs: { x: d.signed(9, 12) } }],
  SquaredDifference: numeric,
  Step: unary({ alpha: 0.1 }),
  Sub: numeric,
  Sum: (d) => [...reduction('axis', 'float32', 'int32')(d), { inputs: { x: d.float(0, 3) }, attrs: { axis: [0] } }],
  Tan: unaryOn(-1, 1),
  Tanh: unary(),
};
