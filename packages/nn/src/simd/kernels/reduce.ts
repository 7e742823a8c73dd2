/** Reductions, running sums and softmax. */

import { backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { floatBits, type SimdBackend } from '../backend.ts';
import type { KernelName } from '../module.ts';
import { transpose } from '../strided.ts';
import { elementwiseKernels } from './elementwise.ts';
import { allOf, type KernelTable, type OwnKernel } from './types.ts';

/** A reduction seen as the middle axis of `[outer, size, inner]`. */
interface Middle {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

const product = (shape: readonly number[]) => util.sizeFromShape(shape as number[]);

function middleAxes(shape: readonly number[], axes: readonly number[]): Middle {
  const first = axes[0] ?? shape.length;
  const last = axes.at(-1) ?? shape.length - 1;
  return {
    outer: product(shape.slice(0, first)),
    size: product(shape.slice(first, last + 1)),
    inner: product(shape.slice(last + 1)),
  };
}

/** Runs `body` on the input with the reduced axes adjacent: as it is, or transposed to the end. */
function withAdjacentAxes(
  backend: SimdBackend,
  x: TensorInfo,
  axes: readonly number[],
  body: (x: TensorInfo, middle: Middle) => TensorInfo,
): TensorInfo {
  const adjacent = axes.every((axis, i) => i === 0 || axis === axes[i - 1]! + 1);
  if (adjacent) return body(x, middleAxes(x.shape, axes));
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const moved = transpose(backend, x, [...kept, ...axes]);
  const ends = axes.map((_, i) => kept.length + i);
  const output = body(moved, middleAxes(moved.shape, ends));
  backend.disposeInfo(moved);
  return output;
}

/** How a kernel reduces one type: its function, its last operand word by the number of values, its result's type. */
interface Reduction {
  readonly kernel: KernelName;
  readonly word: (size: number) => number;
  readonly output: DataType;
}

type Reductions = Readonly<Partial<Record<DataType, Reduction>>>;

function reduction(kernel: KernelName, word: number | ((size: number) => number), output: DataType): Reduction {
  return { kernel, word: typeof word === 'number' ? () => word : word, output };
}

/** A kernel that reduces the types that it knows. `allowEmpty` says whether nothing has a value. */
function reduceKernel(reductions: Reductions, allowEmpty = false): OwnKernel {
  return (backend, { x }, { axis, reductionIndices, keepDims }) => {
    const known = reductions[x!.dtype];
    if (known === undefined) return null;
    // tfjs calls Max's axes `reductionIndices`.
    const given = (axis ?? reductionIndices) as number | number[];
    const axes = [...util.parseAxisParam(given, x!.shape)].sort((a, b) => a - b);
    const [kept, reduced] = backend_util.computeOutAndReduceShapes(x!.shape, axes);
    if (product(reduced) === 0 && !allowEmpty) return null;
    const shape = keepDims === true ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
    return withAdjacentAxes(backend, x!, axes, (input, { outer, size, inner }) => {
      const output = backend.allocate(shape, known.output);
      backend.emit({
        kernel: backend.kernel(known.kernel),
        outputs: [backend.buffer(output)],
        inputs: [backend.buffer(input)],
        params: [outer, size, inner, known.word(size)],
      });
      return output;
    });
  };
}

/** Means of integers are those of the numbers as floats. */
const mean: OwnKernel = (backend, { x }, attrs) => {
  if (x!.dtype !== 'int32') return meanOfFloats(backend, { x: x! }, attrs);
  const floats = elementwiseKernels['Cast']!(backend, { x: x! }, { dtype: 'float32' }) as TensorInfo;
  const output = meanOfFloats(backend, { x: floats }, attrs);
  backend.disposeInfo(floats);
  return output;
};

/** Running sums or products. */
const scanKernel =
  (products: boolean): OwnKernel =>
  (backend, { x }, { axis, exclusive, reverse }) => {
    if (x!.dtype !== 'float32' && x!.dtype !== 'int32') return null;
    const { outer, size, inner } = middleAxes(x!.shape, util.parseAxisParam(axis as number, x!.shape));
    const output = backend.allocate(x!.shape, x!.dtype);
    const flags = [x!.dtype === 'int32', products, exclusive === true, reverse === true].map(Number);
    backend.emit({
      kernel: backend.kernel('scan'),
      outputs: [backend.buffer(output)],
      inputs: [backend.buffer(x!)],
      params: [outer, size, inner, ...flags],
    });
    return output;
  };

const softmax: OwnKernel = (backend, { logits }, { dim }) => {
  const rank = logits!.shape.length;
  if (!allOf('float32', [logits]) || rank === 0 || (dim !== -1 && dim !== rank - 1)) return null;
  const output = backend.allocate(logits!.shape, 'float32');
  const columns = logits!.shape.at(-1)!;
  backend.emit({
    kernel: backend.kernel('softmax'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(logits!)],
    params: [columns === 0 ? 0 : product(logits!.shape) / columns, columns],
  });
  return output;
};

const float = (kernel: KernelName, word: number | ((size: number) => number)) => reduction(kernel, word, 'float32');
const words = (kind: number) => reduction('reduceWords', kind, 'int32');
const bytes = (kind: number) => reduction('reduceBytes', kind, 'bool');
const place = (kind: number) => reduction('argFold', kind, 'int32');

const meanOfFloats = reduceKernel({ float32: float('reduceSum', (size) => floatBits(1 / size)) });

export const reduceKernels: KernelTable = {
  All: reduceKernel({ bool: bytes(0) }),
  Any: reduceKernel({ bool: bytes(1) }),
  ArgMax: reduceKernel({ float32: place(0) }),
  ArgMin: reduceKernel({ float32: place(1) }),
  Cumprod: scanKernel(true),
  Cumsum: scanKernel(false),
  Max: reduceKernel({ float32: float('reduceFold', 0), int32: words(1) }),
  Mean: mean,
  Min: reduceKernel({ float32: float('reduceFold', 1), int32: words(2) }),
  Prod: reduceKernel({ float32: float('reduceFold', 2), int32: words(3) }, true),
  Softmax: softmax,
  Sum: reduceKernel({ float32: float('reduceSum', floatBits(1)), int32: words(0) }, true),
};
