/** What a kernel of the `simd` backend is. */

import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SimdBackend } from '../backend.ts';

/** Named inputs as tfjs passes them; for Concat, Pack, AddN and Einsum an array. */
export type Inputs = Readonly<Record<string, TensorInfo>>;
export type Attributes = Readonly<Record<string, unknown>>;

/** An own kernel. `null` says: not for these types or options, take the CPU backend's implementation. */
export type OwnKernel = (backend: SimdBackend, inputs: Inputs, attrs: Attributes) => TensorInfo | TensorInfo[] | null;

export type KernelTable = Readonly<Record<string, OwnKernel>>;

/** Whether all tensors have this type. */
export function allOf(dtype: string, tensors: readonly (TensorInfo | null | undefined)[]): boolean {
  return tensors.every((tensor) => tensor == null || tensor.dtype === dtype);
}
