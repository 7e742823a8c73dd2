/** Matrix products, with bias and activation. */

import { broadcast_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { broadcastTo, transpose } from '../strided.ts';
import { elementwiseKernels } from './elementwise.ts';
import { type Attributes, allOf, type KernelTable, type OwnKernel } from './types.ts';

/** Activations that the product's kernel applies itself. */
const FUSED: Readonly<Record<string, number>> = { linear: 0, relu: 1 };

/** tfjs's names of the other fused activations and their kernels. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
};

/** Blocks of the inner dimension are no longer than this (see assembly/matmul.ts). */
const BLOCK = 512;

interface ProductShape {
  readonly batch: readonly number[];
  readonly batchA: number;
  readonly batchB: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function productShape(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): ProductShape {
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  return {
    batch: broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
    batchA: util.sizeFromShape(a.shape.slice(0, -2)),
    batchB: util.sizeFromShape(b.shape.slice(0, -2)),
    m: transposeA ? columns : rows,
    n: b.shape.at(transposeB ? -2 : -1)!,
    k: transposeA ? rows : columns,
  };
}

/** Numbers of packed panels of 16 columns for a block of B; the kernel cuts the inner dimension into blocks. */
function panelSize(n: number, k: number): number {
  return Math.ceil(n / 16) * 16 * Math.min(k, BLOCK);
}

/** A batch with so many multiplications is worth sharing among threads, in so many parts. */
const SHARED = 2 ** 23;
const PARTS = 16;

/** In how many places B's are packed: more than one where threads share a batch of products too small to be cut. */
function packingPlaces(count: number, { m, n, k }: ProductShape): number {
  const each = m * n * k;
  return each < SHARED && each * count >= SHARED ? Math.min(PARTS, count) : 1;
}

/**
 * Products of at least so many columns read a transposed A so often that it is transposed before: its rows lie far apart,
 * and every one that a tile reads is another cache line.
 */
const TRANSPOSED_COLUMNS = 256;

/** The operand with its batch spread out, unless it matches or repeats as a whole. */
function spreadBatch(backend: SimdBackend, x: TensorInfo, own: number, batch: readonly number[]): TensorInfo {
  if (own === 1 || own === util.sizeFromShape(batch as number[])) return backend.view(x, x.shape);
  return broadcastTo(backend, x, [...batch, ...x.shape.slice(-2)]);
}

/** Emits `act(A B + bias)`. */
export function product(
  backend: SimdBackend,
  a: TensorInfo,
  b: TensorInfo,
  options: { transposeA: boolean; transposeB: boolean; bias?: TensorInfo | undefined; activation?: number },
): TensorInfo {
  const { transposeA, transposeB, bias, activation = 0 } = options;
  const shape = productShape(a, b, transposeA, transposeB);
  if (transposeA && a.shape.length === 2 && shape.n >= TRANSPOSED_COLUMNS) {
    const rows = transpose(backend, a, [1, 0]);
    const output = product(backend, rows, b, { ...options, transposeA: false });
    backend.disposeInfo(rows);
    return output;
  }
  const { batch, batchA, batchB, m, n, k } = shape;
  const count = util.sizeFromShape(batch as number[]);
  const left = spreadBatch(backend, a, batchA, batch);
  const right = spreadBatch(backend, b, batchB, batch);
  const output = backend.allocate([...batch, m, n], 'float32');
  const places = packingPlaces(count, shape);
  const scratch = backend.allocate([places, panelSize(n, k)], 'float32');
  const flags = [Number(transposeA), Number(transposeB)];
  const steps = [batchA === 1 ? 0 : m * k * 4, batchB === 1 ? 0 : k * n * 4];
  backend.emit({
    kernel: backend.kernel('matmul'),
    outputs: [backend.buffer(output), backend.buffer(scratch)],
    inputs: [backend.buffer(left), backend.buffer(right), bias === undefined ? null : backend.buffer(bias)],
    params: [count, m, n, k, ...flags, ...steps, activation, places, panelSize(n, k) * 4],
    scratch: 1,
  });
  for (const info of [scratch, left, right]) backend.disposeInfo(info);
  return output;
}

const batchMatMul: OwnKernel = (backend, { a, b }, { transposeA, transposeB }) => {
  if (!allOf('float32', [a, b])) return null;
  return product(backend, a!, b!, { transposeA: transposeA === true, transposeB: transposeB === true });
};

/** What follows a product: bias, activation and its parameters, by tfjs's names. */
export interface Epilogue {
  readonly bias?: TensorInfo | undefined;
  readonly preluWeights?: TensorInfo | undefined;
  readonly activation: string;
  readonly alpha?: unknown;
}

/** Whether the activation is one that `withEpilogue` knows. */
export function knowsActivation(activation: string): boolean {
  return activation in FUSED || activation in ACTIVATIONS || activation === 'prelu';
}

/** Applies an own kernel to an intermediate result, which is dropped. */
function then(
  backend: SimdBackend,
  kernel: string,
  inputs: Record<string, TensorInfo>,
  attrs: Attributes,
  intermediate: TensorInfo,
): TensorInfo {
  const output = elementwiseKernels[kernel]!(backend, inputs, attrs) as TensorInfo;
  backend.disposeInfo(intermediate);
  return output;
}

/** Applies an activation in a step of its own. */
function applyActivation(
  backend: SimdBackend,
  x: TensorInfo,
  { activation, preluWeights, alpha }: Epilogue,
): TensorInfo {
  if (activation === 'linear') return x;
  if (activation === 'relu') return then(backend, 'Relu', { x }, {}, x);
  if (activation === 'prelu') return then(backend, 'Prelu', { x, alpha: preluWeights! }, {}, x);
  return then(backend, ACTIVATIONS[activation]!, { x }, { alpha }, x);
}

/** Applies a whole epilogue in steps of its own. */
export function applyEpilogue(backend: SimdBackend, x: TensorInfo, epilogue: Epilogue): TensorInfo {
  const { bias } = epilogue;
  return applyActivation(backend, bias == null ? x : then(backend, 'Add', { a: x, b: bias }, {}, x), epilogue);
}

/**
 * A product of `columns` columns with its epilogue: inside of the product where the bias is a row and the activation
 * simple, as further steps otherwise. `multiply` makes the product.
 */
export function withEpilogue(
  backend: SimdBackend,
  columns: number,
  epilogue: Epilogue,
  multiply: (bias: TensorInfo | undefined, activation: number) => TensorInfo,
): TensorInfo {
  const { bias, activation } = epilogue;
  const inside = bias == null || (bias.shape.at(-1) === columns && util.sizeFromShape(bias.shape) === columns);
  const fused = inside && activation in FUSED;
  const product = multiply(inside ? (bias ?? undefined) : undefined, fused ? FUSED[activation]! : 0);
  if (fused) return product;
  return inside ? applyActivation(backend, product, epilogue) : applyEpilogue(backend, product, epilogue);
}

const fusedMatMul: OwnKernel = (backend, inputs, attrs) => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const activation = (attrs['activation'] as string | undefined) ?? 'linear';
  if (!allOf('float32', [a, b, bias, preluActivationWeights]) || !knowsActivation(activation)) return null;
  const transposeA = attrs['transposeA'] === true;
  const transposeB = attrs['transposeB'] === true;
  const columns = b!.shape.at(transposeB ? -2 : -1)!;
  const epilogue = { bias, preluWeights: preluActivationWeights, activation, alpha: attrs['leakyreluAlpha'] };
  return withEpilogue(backend, columns, epilogue, (row, act) =>
    product(backend, a!, b!, { transposeA, transposeB, bias: row, activation: act }),
  );
};

export const matmulKernels: KernelTable = { BatchMatMul: batchMatMul, _FusedMatMul: fusedMatMul };
