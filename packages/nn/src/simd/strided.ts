/** Strided copies: the one way in which slice, pad, transpose, tile, reverse and broadcast move data. */

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from './backend.ts';

/** One dimension of a copy: its size and the element strides in the output and in the input. */
export interface CopyDimension {
  readonly size: number;
  readonly out: number;
  readonly in: number;
}

/** Row-major element strides of a shape. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) result[d] = result[d + 1]! * shape[d + 1]!;
  return result;
}

/** Drops dimensions of size 1 and merges neighbours that both sides walk as one. */
export function mergeDimensions(dimensions: readonly CopyDimension[]): CopyDimension[] {
  const merged: CopyDimension[] = [];
  for (const dimension of dimensions) {
    if (dimension.size === 1) continue;
    const last = merged.at(-1);
    if (last && last.out === dimension.out * dimension.size && last.in === dimension.in * dimension.size) {
      merged[merged.length - 1] = { ...dimension, size: last.size * dimension.size };
    } else {
      merged.push(dimension);
    }
  }
  return merged;
}

/** Operand words of a strided copy after the addresses. Offsets are in elements. */
export function copyWords(
  element: number,
  dimensions: readonly CopyDimension[],
  outOffset = 0,
  inOffset = 0,
): number[] {
  const merged = mergeDimensions(dimensions);
  const sizes = merged.flatMap((d) => [d.size, d.out * element, d.in * element]);
  return [element, outOffset * element, inOffset * element, merged.length, ...sizes];
}

/** A new tensor of `shape`, every element of which is copied from the input through the given dimensions. */
export function copyStrided(
  backend: SimdBackend,
  input: TensorInfo,
  shape: readonly number[],
  dimensions: readonly CopyDimension[],
  inOffset = 0,
): TensorInfo {
  const output = backend.allocate(shape, input.dtype);
  backend.emit({
    kernel: backend.kernel('stridedCopy'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(input)],
    params: copyWords(input.dtype === 'bool' ? 1 : 4, dimensions, 0, inOffset),
  });
  return output;
}

/** The input repeated to a shape (a view when nothing repeats). */
export function broadcastTo(backend: SimdBackend, input: TensorInfo, shape: readonly number[]): TensorInfo {
  const size = (dims: readonly number[]) => dims.reduce((product, n) => product * n, 1);
  if (size(input.shape) === size(shape)) return backend.view(input, shape);
  const out = strides(shape);
  const own = strides(input.shape);
  const lead = shape.length - input.shape.length;
  const dimensions = shape.map((n, d) => {
    const repeats = d < lead || input.shape[d - lead] === 1;
    return { size: n, out: out[d]!, in: repeats ? 0 : own[d - lead]! };
  });
  return copyStrided(backend, input, shape, dimensions);
}

/** The input with its axes in another order. */
export function transpose(backend: SimdBackend, input: TensorInfo, order: readonly number[]): TensorInfo {
  const shape = order.map((axis) => input.shape[axis]!);
  const out = strides(shape);
  const own = strides(input.shape);
  return copyStrided(
    backend,
    input,
    shape,
    order.map((axis, d) => ({ size: shape[d]!, out: out[d]!, in: own[axis]! })),
  );
}
