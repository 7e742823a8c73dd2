/** Kernels that move or create data. */

import { backend_util, type DataType, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { byteSize, floatBits, type SimdBackend } from '../backend.ts';
import { copyStrided, copyWords, strides, transpose } from '../strided.ts';
import type { KernelTable, OwnKernel } from './types.ts';

const isNumeric = ({ dtype }: { readonly dtype: DataType }) =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
const elementBytes = ({ dtype }: { readonly dtype: DataType }) => (dtype === 'bool' ? 1 : 4);
const product = (shape: readonly number[]) => util.sizeFromShape(shape as number[]);

/** The bits of one element of a type. */
function elementBits(value: number, dtype: DataType): number {
  return dtype === 'float32' ? floatBits(value) : Math.trunc(value);
}

/** A new tensor with one value everywhere. */
export function filled(backend: SimdBackend, shape: readonly number[], dtype: DataType, value: number): TensorInfo {
  const output = backend.allocate(shape, dtype);
  backend.emit({
    kernel: backend.kernel(dtype === 'bool' ? 'fill8' : 'fill32'),
    outputs: [backend.buffer(output)],
    inputs: [],
    params: [product(shape), elementBits(value, dtype)],
  });
  return output;
}

function sliceOf(backend: SimdBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo {
  const own = strides(x.shape);
  const out = strides(size);
  const dimensions = size.map((n, d) => ({ size: n, out: out[d]!, in: own[d]! }));
  const offset = begin.reduce((sum, start, d) => sum + start * own[d]!, 0);
  return copyStrided(backend, x, size, dimensions, offset);
}

const slice: OwnKernel = (backend, { x }, { begin, size }) => {
  if (!isNumeric(x!)) return null;
  const [starts, sizes] = slice_util.parseSliceParams(x!, begin as number[], size as number[]);
  slice_util.assertParamsValid(x!, starts!, sizes!);
  return sliceOf(backend, x!, starts!, sizes!);
};

/** Joins tensors along an axis that each has. */
function joined(backend: SimdBackend, tensors: readonly TensorInfo[], axis: number): TensorInfo {
  const first = tensors[0]!;
  const shape = backend_util.computeOutShape(
    tensors.map((t) => t.shape),
    axis,
  );
  const output = backend.allocate(shape, first.dtype);
  const width = (dims: readonly number[]) => product(dims.slice(axis)) * elementBytes(first);
  backend.emit({
    kernel: backend.kernel('concat'),
    outputs: [backend.buffer(output)],
    inputs: tensors.map((t) => backend.buffer(t)),
    params: [product(shape.slice(0, axis)), width(shape), ...tensors.map((t) => width(t.shape))],
  });
  return output;
}

const concat: OwnKernel = (backend, inputs, { axis }) => {
  const tensors = Object.values(inputs);
  const dtype = tensors[0]!.dtype;
  if (!tensors.every((t) => isNumeric(t) && t.dtype === dtype)) return null;
  const [d] = util.parseAxisParam(axis as number, tensors[0]!.shape);
  return joined(backend, tensors, d!);
};

const pack: OwnKernel = (backend, inputs, { axis }) => {
  const tensors = Object.values(inputs);
  const { dtype, shape } = tensors[0]!;
  if (!tensors.every((t) => isNumeric(t) && t.dtype === dtype)) return null;
  const d = (axis as number) < 0 ? (axis as number) + shape.length + 1 : (axis as number);
  const expanded = [...shape.slice(0, d), 1, ...shape.slice(d)];
  return joined(
    backend,
    tensors.map((t) => ({ ...t, dataId: t.dataId, shape: expanded, dtype })),
    d,
  );
};

const unpack: OwnKernel = (backend, { value }, { axis }) => {
  if (!isNumeric(value!)) return null;
  const d = util.parseAxisParam(axis as number, value!.shape)[0]!;
  const size = value!.shape.map((n, i) => (i === d ? 1 : n));
  return Array.from({ length: value!.shape[d]! }, (_, i) => {
    const begin = size.map((__, j) => (j === d ? i : 0));
    const part = sliceOf(backend, value!, begin, size);
    return { ...part, shape: size.filter((__, j) => j !== d) };
  });
};

const split: OwnKernel = (backend, { x }, { numOrSizeSplits, axis }) => {
  if (!isNumeric(x!)) return null;
  const d = util.parseAxisParam(axis as number, x!.shape)[0]!;
  const sizes = backend_util.prepareSplitSize(x as never, numOrSizeSplits as number, d);
  let start = 0;
  return sizes.map((n) => {
    const begin = x!.shape.map((_, i) => (i === d ? start : 0));
    start += n;
    return sliceOf(
      backend,
      x!,
      begin,
      x!.shape.map((whole, i) => (i === d ? n : whole)),
    );
  });
};

const pad: OwnKernel = (backend, { x }, { paddings, constantValue }) => {
  if (!isNumeric(x!)) return null;
  const margins = paddings as readonly (readonly [number, number])[];
  const shape = x!.shape.map((n, d) => n + margins[d]![0] + margins[d]![1]);
  const output = backend.allocate(shape, x!.dtype);
  const out = strides(shape);
  const own = strides(x!.shape);
  const dimensions = x!.shape.map((n, d) => ({ size: n, out: out[d]!, in: own[d]! }));
  const offset = margins.reduce((sum, [before], d) => sum + before * out[d]!, 0);
  const empty = product(x!.shape) === 0 ? [{ size: 0, out: 0, in: 0 }] : dimensions;
  backend.emit({
    kernel: backend.kernel('pad'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(x!)],
    params: [
      ...copyWords(elementBytes(x!), empty, offset),
      byteSize(shape, x!.dtype),
      elementBits(constantValue as number, x!.dtype),
    ],
  });
  return output;
};

/** Numbers along an axis in reverse, `count` of them from number `from` on downwards. */
function mirrored(backend: SimdBackend, x: TensorInfo, axis: number, from: number, count: number): TensorInfo {
  const shape = x.shape.map((n, d) => (d === axis ? count : n));
  const own = strides(x.shape);
  const out = strides(shape);
  const dimensions = shape.map((size, d) => ({ size, out: out[d]!, in: d === axis ? -own[d]! : own[d]! }));
  return copyStrided(backend, x, shape, dimensions, from * own[axis]!);
}

/** Pads with the numbers inside of the border, in reverse: `symmetric` begins with the outermost, `reflect` behind it. */
const mirrorPad: OwnKernel = (backend, { x }, { paddings, mode }) => {
  if (!isNumeric(x!) || product(x!.shape) === 0) return null;
  const skipped = mode === 'reflect' ? 1 : 0;
  return (paddings as readonly (readonly [number, number])[]).reduce(
    (padded, [before, after], axis) => {
      if (before + after === 0) return padded;
      const last = padded.shape[axis]! - 1;
      const parts = [
        mirrored(backend, padded, axis, before - 1 + skipped, before),
        padded,
        mirrored(backend, padded, axis, last - skipped, after),
      ];
      const output = joined(backend, parts, axis);
      for (const part of parts) backend.disposeInfo(part);
      return output;
    },
    backend.view(x!, x!.shape),
  );
};

const tile: OwnKernel = (backend, { x }, { reps }) => {
  if (!isNumeric(x!)) return null;
  const repeats = reps as readonly number[];
  const shape = x!.shape.map((n, d) => n * repeats[d]!);
  const out = strides(shape);
  const own = strides(x!.shape);
  const dimensions = x!.shape.flatMap((n, d) => [
    { size: repeats[d]!, out: out[d]! * n, in: 0 },
    { size: n, out: out[d]!, in: own[d]! },
  ]);
  return copyStrided(backend, x!, shape, dimensions);
};

const reverse: OwnKernel = (backend, { x }, { dims }) => {
  if (!isNumeric(x!)) return null;
  const axes = util.parseAxisParam(dims as number[], x!.shape);
  const own = strides(x!.shape);
  const dimensions = x!.shape.map((n, d) => ({ size: n, out: own[d]!, in: axes.includes(d) ? -own[d]! : own[d]! }));
  const offset = axes.reduce((sum, d) => sum + (x!.shape[d]! - 1) * own[d]!, 0);
  return copyStrided(backend, x!, x!.shape, dimensions, offset);
};

const gather: OwnKernel = (backend, { x, indices }, { axis, batchDims }) => {
  if (!isNumeric(x!) || indices!.dtype !== 'int32') return null;
  const batch = (batchDims as number | undefined) ?? 0;
  const d = util.parseAxisParam(axis as number, x!.shape)[0]!;
  const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, d, batch);
  const output = backend.allocate(info.outputShape, x!.dtype);
  backend.emit({
    kernel: backend.kernel('gather'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(x!), backend.buffer(indices!)],
    params: [
      product(x!.shape.slice(0, batch)),
      product(x!.shape.slice(batch, d)),
      x!.shape[d]!,
      product(x!.shape.slice(d + 1)) * elementBytes(x!),
      product(indices!.shape.slice(batch)),
    ],
  });
  return output;
};

/** Points of which coordinates are the last axis of `indices`: how many, and strides of a shape in slices. */
function pointWords(shape: readonly number[], indices: TensorInfo, rank: number) {
  const counted = shape.slice(0, rank);
  return { count: product(indices.shape) / Math.max(1, rank), slices: product(counted), strides: strides(counted) };
}

const gatherPoints: OwnKernel = (backend, { params: x, indices }) => {
  if (!isNumeric(x!) || indices!.dtype !== 'int32') return null;
  const [shape] = backend_util.prepareAndValidate(x!, indices!);
  const rank = indices!.shape.at(-1)!;
  const { count, slices, strides: steps } = pointWords(x!.shape, indices!, rank);
  const output = backend.allocate(shape, x!.dtype);
  backend.emit({
    kernel: backend.kernel('gatherPoints'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(x!), backend.buffer(indices!)],
    params: [count, slices, product(x!.shape.slice(rank)) * elementBytes(x!), rank, ...steps],
  });
  return output;
};

/** Kinds of the scattering kernel. */
const SCATTER = { addFloats: 0, addWords: 1, write: 2 } as const;

function scatter(
  backend: SimdBackend,
  shape: readonly number[],
  indices: TensorInfo,
  updates: TensorInfo,
  tensor: TensorInfo | null,
): TensorInfo | null {
  const { dtype } = updates;
  const known = (dtype === 'float32' || dtype === 'int32') && indices.dtype === 'int32';
  if (!known || updates.shape.length === 0 || (tensor !== null && tensor.dtype !== dtype)) return null;
  const rank = indices.shape.length > 1 ? indices.shape.at(-1)! : 1;
  const { count, slices, strides: steps } = pointWords(shape, indices, rank);
  const add = dtype === 'float32' ? SCATTER.addFloats : SCATTER.addWords;
  const output = backend.allocate(shape, dtype);
  backend.emit({
    kernel: backend.kernel('scatter'),
    outputs: [backend.buffer(output)],
    inputs: [indices, updates, tensor].map((info) => (info === null ? null : backend.buffer(info))),
    params: [count, slices, product(shape.slice(rank)), tensor === null ? add : SCATTER.write, rank, ...steps],
  });
  return output;
}

const stridedSlice: OwnKernel = (backend, { x }, attrs) => {
  if (!isNumeric(x!)) return null;
  const list = (name: string) => attrs[name] as number[];
  const mask = (name: string) => attrs[name] as number;
  const info = slice_util.sliceInfo(
    x!.shape,
    list('begin'),
    list('end'),
    list('strides'),
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask'),
  );
  // Sizes before axes are dropped or added.
  const sizes = slice_util.computeOutShape(info.begin, info.end, info.strides);
  const own = strides(x!.shape);
  const out = strides(sizes);
  const dimensions = sizes.map((n, d) => ({ size: n, out: out[d]!, in: own[d]! * info.strides[d]! }));
  const offset = info.begin.reduce((sum, start, d) => sum + start * own[d]!, 0);
  return { ...copyStrided(backend, x!, sizes, dimensions, offset), shape: info.finalShape };
};

const oneHot: OwnKernel = (backend, { indices }, { dtype, depth, onValue, offValue }) => {
  const type = dtype as DataType;
  if (indices!.dtype !== 'int32' || !isNumeric({ dtype: type })) return null;
  const output = backend.allocate([...indices!.shape, depth as number], type);
  backend.emit({
    kernel: backend.kernel('oneHot'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(indices!)],
    params: [
      elementBytes(output),
      product(indices!.shape),
      depth as number,
      elementBits(onValue as number, type),
      elementBits(offValue as number, type),
    ],
  });
  return output;
};

const segmentSum: OwnKernel = (backend, { x, segmentIds }, { numSegments }) => {
  if (x!.dtype !== 'float32' || segmentIds!.dtype !== 'int32' || segmentIds!.shape.length !== 1) return null;
  const columns = x!.shape.slice(1);
  const output = backend.allocate([numSegments as number, ...columns], 'float32');
  backend.emit({
    kernel: backend.kernel('segmentSum'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(x!), backend.buffer(segmentIds!)],
    params: [x!.shape[0]!, product(columns), numSegments as number],
  });
  return output;
};

const fill: OwnKernel = (backend, _inputs, { shape, dtype, value }) => {
  const type = (dtype as DataType | undefined) ?? (typeof value === 'string' ? 'string' : 'float32');
  if (typeof value !== 'number' || (type !== 'float32' && type !== 'int32' && type !== 'bool')) return null;
  return filled(backend, shape as number[], type, value);
};

const like =
  (value: number): OwnKernel =>
  (backend, { x }) =>
    isNumeric(x!) ? filled(backend, x!.shape, x!.dtype, value) : null;

const reshape: OwnKernel = (backend, { x }, { shape }) => {
  const size = product(x!.shape);
  return backend.view(x!, util.inferFromImplicitShape(shape as number[], size));
};

const expandDims: OwnKernel = (backend, { input }, { dim }) => {
  const rank = input!.shape.length;
  const d = (dim as number) < 0 ? rank + 1 + (dim as number) : (dim as number);
  return backend.view(input!, [...input!.shape.slice(0, d), 1, ...input!.shape.slice(d)]);
};

export const moveKernels: KernelTable = {
  Concat: concat,
  ExpandDims: expandDims,
  Fill: fill,
  GatherNd: gatherPoints,
  GatherV2: gather,
  Identity: (backend, { x }) => backend.view(x!, x!.shape),
  MirrorPad: mirrorPad,
  OneHot: oneHot,
  OnesLike: like(1),
  Pack: pack,
  PadV2: pad,
  Reshape: reshape,
  Reverse: reverse,
  ScatterNd: (backend, { indices, updates }, { shape }) =>
    scatter(backend, shape as number[], indices!, updates!, null),
  Slice: slice,
  SplitV: split,
  StridedSlice: stridedSlice,
  TensorScatterUpdate: (backend, { tensor, indices, updates }) =>
    scatter(backend, tensor!.shape, indices!, updates!, tensor!),
  Tile: tile,
  Transpose: (backend, { x }, { perm }) => (isNumeric(x!) ? transpose(backend, x!, perm as number[]) : null),
  Unpack: unpack,
  UnsortedSegmentSum: segmentSum,
  ZerosLike: like(0),
};
