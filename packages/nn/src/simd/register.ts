/** Registers the `simd` backend and a kernel for every name that the CPU backend knows. */

import '@tensorflow/tfjs-backend-cpu';
import { getKernelsForBackend, type KernelConfig, registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import { SimdBackend } from './backend.ts';
import { runFallback } from './fallback.ts';
import { elementwiseKernels } from './kernels/elementwise.ts';
import { matmulKernels } from './kernels/matmul.ts';
import { moveKernels } from './kernels/move.ts';
import { reduceKernels } from './kernels/reduce.ts';
import { resizeKernels } from './kernels/resize.ts';
import type { Attributes, Inputs, KernelTable } from './kernels/types.ts';
import { windowKernels } from './kernels/window.ts';

/** Kernels with an implementation of our own. */
export const OWN_KERNELS: KernelTable = {
  ...elementwiseKernels,
  ...matmulKernels,
  ...moveKernels,
  ...reduceKernels,
  ...resizeKernels,
  ...windowKernels,
};

/** Above the CPU backend's priority (1), so that tfjs takes `simd` when nobody chooses. */
const PRIORITY = 3;

function registerFor({ kernelName, kernelFunc }: KernelConfig): void {
  const own = OWN_KERNELS[kernelName];
  registerKernel({
    kernelName,
    backendName: 'simd',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const simd = backend as SimdBackend;
      const attributes = (attrs ?? {}) as unknown as Attributes;
      const result = own?.(simd, inputs as Inputs, attributes) ?? null;
      return result ?? runFallback(simd, kernelName, kernelFunc, inputs as Inputs, attributes);
    },
  });
}

for (const config of getKernelsForBackend('cpu')) registerFor(config);
registerBackend('simd', () => new SimdBackend(), PRIORITY);
