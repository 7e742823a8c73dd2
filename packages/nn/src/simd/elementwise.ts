/** Element-wise steps: broadcasting laid out as rows for a generated kernel. */

import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Buffer, floatBits, type LiveParameter, type SimdBackend, type Step } from './backend.ts';
import { KernelCache } from './codegen.ts';
import { elementBytes, type Layout, type Program } from './program.ts';
import { broadcastTo, strides } from './strided.ts';

const caches = new WeakMap<SimdBackend, KernelCache>();

/** The backend's generated kernels. */
export function kernelCache(backend: SimdBackend): KernelCache {
  let cache = caches.get(backend);
  if (cache === undefined) {
    cache = new KernelCache(backend.module, backend.memoryBlocks);
    caches.set(backend, cache);
  }
  return cache;
}

/** Element strides of a shape broadcast to `shape`: 0 where it repeats. */
function broadcastStrides(from: readonly number[], shape: readonly number[]): number[] {
  const own = strides(from);
  const lead = shape.length - from.length;
  return shape.map((_, d) => (d < lead || from[d - lead] === 1 ? 0 : own[d - lead]!));
}

interface Dimension {
  readonly size: number;
  /** Element stride of each input. */
  readonly steps: readonly number[];
}

/** Dimensions with size above 1, neighbours merged wherever every input walks them as one. */
function mergedDimensions(shape: readonly number[], inputs: readonly (readonly number[])[]): Dimension[] {
  const merged: Dimension[] = [];
  shape.forEach((size, d) => {
    if (size === 1) return;
    const steps = inputs.map((input) => input[d]!);
    const last = merged.at(-1);
    if (last?.steps.every((step, i) => step === steps[i]! * size) === true) {
      merged[merged.length - 1] = { size: last.size * size, steps };
    } else {
      merged.push({ size, steps });
    }
  });
  return merged;
}

/** The layout for inputs of these shapes, or null when they need more than two dimensions. */
export function planLayout(
  program: Program,
  shape: readonly number[],
  inputShapes: readonly (readonly number[])[],
): Layout | null {
  const dimensions = mergedDimensions(
    shape,
    inputShapes.map((input) => broadcastStrides(input, shape)),
  );
  if (dimensions.length > 2) return null;
  const nothing = { size: 1, steps: inputShapes.map(() => 0) };
  const inner = dimensions.at(-1) ?? nothing;
  const outer = dimensions.length === 2 ? dimensions[0]! : nothing;
  const outputStrides = program.outputs.map(({ dtype }) => inner.size * elementBytes(dtype));
  const inputStrides = program.inputs.map((dtype, i) => outer.steps[i]! * elementBytes(dtype));
  return {
    rows: util.sizeFromShape(shape as number[]) === 0 ? 0 : outer.size,
    inner: inner.size,
    access: inner.steps.map((step) => (step === 0 ? 'row' : 'each')),
    rowStrides: [...outputStrides, ...inputStrides],
  };
}

/** Emits the step of a program over buffers with a known layout. `live` indexes the program's constants. */
export function emitProgram(
  backend: SimdBackend,
  program: Program,
  layout: Layout,
  outputs: readonly Buffer[],
  inputs: readonly Buffer[],
  live: readonly LiveParameter[] = [],
): void {
  backend.emit({ ...programStep(backend, program, layout, live), outputs, inputs });
}

/** Kernel and parameters of the step of a program. */
export function programStep(
  backend: SimdBackend,
  program: Program,
  layout: Layout,
  live: readonly LiveParameter[] = [],
): Pick<Step, 'kernel' | 'params' | 'program' | 'layout' | 'live'> {
  const kernel = kernelCache(backend).get(program, layout.access);
  const constants = program.constants.map(floatBits);
  const params = [layout.rows, layout.inner, ...layout.rowStrides, ...constants];
  const first = params.length - constants.length;
  const moved = live.map((parameter) => ({ ...parameter, index: first + parameter.index }));
  return { kernel, params, program, layout, live: moved };
}

/** Runs a program on tensors that broadcast together; the outputs have the common shape. */
export function runProgram(
  backend: SimdBackend,
  program: Program,
  inputs: readonly TensorInfo[],
  live: readonly LiveParameter[] = [],
): TensorInfo[] {
  const shape = inputs.reduce<number[]>(
    (common, input) => backend_util.assertAndGetBroadcastShape(common, input.shape),
    [],
  );
  const outputs = program.outputs.map(({ dtype }) => backend.allocate(shape, dtype));
  const layout = planLayout(
    program,
    shape,
    inputs.map((input) => input.shape),
  );
  if (layout !== null) {
    emitProgram(
      backend,
      program,
      layout,
      outputs.map((t) => backend.buffer(t)),
      inputs.map((t) => backend.buffer(t)),
      live,
    );
    return outputs;
  }
  // Rare broadcasts (alternating repeated and walked dimensions) are spread out first.
  const spread = inputs.map((input) => broadcastTo(backend, input, shape));
  const flat = planLayout(
    program,
    shape,
    spread.map(() => shape),
  )!;
  emitProgram(
    backend,
    program,
    flat,
    outputs.map((t) => backend.buffer(t)),
    spread.map((t) => backend.buffer(t)),
    live,
  );
  for (const input of spread) backend.disposeInfo(input);
  return outputs;
}
