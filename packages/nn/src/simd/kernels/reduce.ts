/** Reductions and softmax. */

import { backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { floatBits, type SimdBackend } from '../backend.ts';
import type { KernelName } from '../module.ts';
import { transpose } from '../strided.ts';
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

function reduceKernel(
  kernel: KernelName,
  word: (size: number) => number,
  outputType: DataType = 'float32',
  allowEmpty = false,
): OwnKernel {
  return (backend, { x }, { axis, reductionIndices, keepDims }) => {
    if (x!.dtype !== 'float32') return null;
    // tfjs calls Max's axes `reductionIndices`.
    const given = (axis ?? reductionIndices) as number | number[];
    const axes = [...util.parseAxisParam(given, x!.shape)].sort((a, b) => a - b);
    const [kept, reduced] = backend_util.computeOutAndReduceShapes(x!.shape, axes);
    if (product(reduced) === 0 && !allowEmpty) return null;
    const shape = keepDims === true ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
    return withAdjacentAxes(backend, x!, axes, (input, { outer, size, inner }) => {
      const output = backend.allocate(shape, outputType);
      backend.emit({
        kernel: backend.kernel(kernel),
        outputs: [backend.buffer(output)],
        inputs: [backend.buffer(input)],
        params: [outer, size, inner, word(size)],
      });
      return output;
    });
  };
}

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

export const reduceKernels: KernelTable = {
  ArgMax: reduceKernel('argFold', () => 0, 'int32'),
  ArgMin: reduceKernel('argFold', () => 1, 'int32'),
  Max: reduceKernel('reduceFold', () => 0),
  Mean: reduceKernel('reduceSum', (size) => floatBits(1 / size)),
  Min: reduceKernel('reduceFold', () => 1),
  Prod: reduceKernel('reduceFold', () => 2, 'float32', true),
  Softmax: softmax,
  Sum: reduceKernel('reduceSum', () => floatBits(1), 'float32', true),
};
