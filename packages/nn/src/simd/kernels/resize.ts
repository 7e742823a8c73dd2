/** Resizing of NHWC images. */

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';
import { type Attributes, allOf, type KernelTable, type OwnKernel } from './types.ts';

/** Kinds of the kernel. */
const KINDS = { bilinear: 0, nearest: 1, bilinearGradient: 2, nearestGradient: 3 } as const;

/** `source` and `result` are the shapes of the image and of the resized one, whichever is the input. */
function emitResize(
  backend: SimdBackend,
  kind: number,
  input: TensorInfo,
  source: readonly number[],
  result: readonly number[],
  { alignCorners, halfPixelCenters }: Attributes,
): TensorInfo {
  const [batch, height, width, channels] = source as [number, number, number, number];
  const output = backend.allocate(kind >= KINDS.bilinearGradient ? source : result, 'float32');
  const flags = [Number(alignCorners === true), Number(halfPixelCenters === true)];
  backend.emit({
    kernel: backend.kernel('resize'),
    outputs: [backend.buffer(output)],
    inputs: [backend.buffer(input)],
    params: [batch, height, width, result[1]!, result[2]!, channels, kind, ...flags],
  });
  return output;
}

const resize =
  (kind: number): OwnKernel =>
  (backend, { images }, attrs) => {
    if (!allOf('float32', [images])) return null;
    const [batch, , , channels] = images!.shape as [number, number, number, number];
    const [height, width] = attrs['size'] as [number, number];
    return emitResize(backend, kind, images!, images!.shape, [batch, height, width, channels], attrs);
  };

/** tfjs's gradients take no notice of half-pixel centres. */
const gradient =
  (kind: number): OwnKernel =>
  (backend, { images, dy }, { alignCorners }) => {
    if (!allOf('float32', [images, dy])) return null;
    return emitResize(backend, kind, dy!, images!.shape, dy!.shape, { alignCorners });
  };

export const resizeKernels: KernelTable = {
  ResizeBilinear: resize(KINDS.bilinear),
  ResizeBilinearGrad: gradient(KINDS.bilinearGradient),
  ResizeNearestNeighbor: resize(KINDS.nearest),
  ResizeNearestNeighborGrad: gradient(KINDS.nearestGradient),
};
