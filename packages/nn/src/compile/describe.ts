/** Steps of plans for people: what runs, on which sizes, how many bytes it moves and how many operations it takes. */

import type { Buffer } from '../simd/backend.ts';
import type { KernelName } from '../simd/module.ts';
import { stepName, type TraceStep } from './trace.ts';

/** What a step takes: bytes that it reads and writes, and floating-point operations (null where it is not known). */
export interface StepCost {
  readonly bytes: number;
  readonly operations: number | null;
}

type KernelStep = TraceStep & { readonly kind: 'kernel' };

/** Sizes that tell what a step works on, outermost first; and operations for each product of them. */
interface Work {
  readonly sizes: readonly number[];
  readonly each: number;
}

type Describe = (params: readonly number[]) => Work;

const rowsAndColumns =
  (each: number): Describe =>
  ([rows, columns]) => ({ sizes: [rows!, columns!], each });
const reduction: Describe = ([outer, size, inner]) => ({ sizes: [outer!, size!, inner!], each: 1 });
/** Words of a window: batch, height, width, channels, filter height and width, output height and width. */
const windows =
  (each: number): Describe =>
  ([batch, , , channels, filterHeight, filterWidth, height, width]) => ({
    sizes: [batch!, height!, width!, filterHeight!, filterWidth!, channels!],
    each,
  });

/** Kernels by name; a sum or a comparison is one operation, an elementary function too. */
const KERNELS: Readonly<Partial<Record<KernelName, Describe>>> = {
  matmul: ([batch, m, n, k]) => ({ sizes: batch === 1 ? [m!, n!, k!] : [batch!, m!, n!, k!], each: 2 }),
  softmax: rowsAndColumns(4),
  logSoftmax: rowsAndColumns(5),
  crossEntropy: rowsAndColumns(7),
  layerNorm: rowsAndColumns(7),
  layerNormGradient: rowsAndColumns(15),
  reduceSum: reduction,
  reduceFold: reduction,
  argFold: reduction,
  reduceWords: reduction,
  reduceBytes: reduction,
  patches: windows(0),
  addPatches: windows(1),
  depthwise: windows(2),
  pool: windows(1),
  poolGradient: windows(2),
};

function workOf({ kernel, params, program, layout }: KernelStep): Work | null {
  if (program === undefined || layout === undefined) return KERNELS[kernel.name as KernelName]?.(params) ?? null;
  const each = program.nodes.filter(({ op }) => op !== 'const').length;
  return { sizes: [layout.rows, layout.inner], each };
}

function bytesOf(buffers: readonly (Buffer | null)[]): number {
  return buffers.reduce((sum, buffer) => sum + (buffer?.bytes ?? 0), 0);
}

/** Outputs without the scratch space after them. */
function results(step: TraceStep): readonly Buffer[] {
  return step.kind === 'host' ? step.outputs : step.outputs.slice(0, step.outputs.length - (step.scratch ?? 0));
}

export function stepCost(step: TraceStep): StepCost {
  const work = step.kind === 'kernel' ? workOf(step) : null;
  const operations = work === null ? null : work.sizes.reduce((product, size) => product * size, work.each);
  return { bytes: bytesOf(step.inputs) + bytesOf(results(step)), operations };
}

/** The kernel and its sizes. */
export function stepTitle(step: TraceStep): string {
  const work = step.kind === 'kernel' ? workOf(step) : null;
  return work === null ? stepName(step) : `${stepName(step)}: ${work.sizes.join(' x ')}`;
}

/** One line: the kernel, its sizes, bytes of each input and result, operations. */
export function describeStep(step: TraceStep): string {
  const bytes = (buffers: readonly (Buffer | null)[]) => buffers.map((buffer) => buffer?.bytes ?? 0).join('+');
  const { operations } = stepCost(step);
  const title = stepTitle(step);
  const separator = title === stepName(step) ? ':' : ',';
  const count = operations === null ? '' : `, ${operations} operations`;
  return `${title}${separator} ${bytes(step.inputs)} -> ${bytes(results(step))} bytes${count}`;
}
