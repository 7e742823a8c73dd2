/** Runs kernels on two backends with the same inputs. */

import {
  backend_util,
  engine,
  type NamedTensorMap,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import type { KernelCase, Plain } from './kernel-cases.ts';

/** A kernel's result as plain data. */
export interface KernelResult {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number> | readonly string[];
}

type Parts = { readonly real: Plain; readonly imag: Plain };

/** Makes the tensors of a case: plain data, complex pairs and lists, at any depth. */
function toTensors(item: unknown): unknown {
  if (Array.isArray(item)) return item.map(toTensors);
  const plain = item as Partial<Plain & Parts>;
  if (Array.isArray(plain.values)) return tensor(plain.values as number[], plain.shape as number[], plain.dtype!);
  if (plain.real !== undefined && plain.imag !== undefined && 'real' in plain) {
    return engine().runKernel('Complex', {
      real: toTensors(plain.real),
      imag: toTensors(plain.imag),
    } as NamedTensorMap);
  }
  return Object.fromEntries(Object.entries(item as object).map(([key, value]) => [key, toTensors(value)]));
}

function isComplexKernel(name: string, inputs: KernelCase['inputs']): boolean {
  return name === 'Complex' && !Array.isArray(inputs);
}

function makeInputs(name: string, inputs: KernelCase['inputs']): NamedTensorMap {
  if (!isComplexKernel(name, inputs)) return toTensors(inputs) as NamedTensorMap;
  const { real, imag } = inputs as unknown as Parts;
  return { real: toTensors(real), imag: toTensors(imag) } as unknown as NamedTensorMap;
}

function toResult(x: Tensor): KernelResult {
  const values = x.dtype === 'complex64' ? complexValues(x) : x.dataSync();
  return { shape: x.shape, dtype: x.dtype, values: values as ArrayLike<number> };
}

function complexValues(x: Tensor): Float32Array {
  const part = (kernel: string) => (engine().runKernel(kernel, { input: x }) as Tensor).dataSync() as Float32Array;
  return backend_util.mergeRealAndImagArrays(part('Real'), part('Imag'));
}

/** Runs a case on a backend. */
export async function runKernelOn(
  backend: string,
  name: string,
  { inputs, attrs }: KernelCase,
): Promise<KernelResult[]> {
  await setBackend(backend);
  let results: KernelResult[] = [];
  tidy(() => {
    const output = engine().runKernel(name, makeInputs(name, inputs), (attrs ?? {}) as never);
    results = (Array.isArray(output) ? output : [output]).map(toResult);
  });
  return results;
}
