/**
 * Random inputs for every kernel that tfjs's CPU backend registers: shapes, types, broadcasts and edge cases. The
 * differential test runs each case on two backends.
 */

import type { Rng } from '@skein/core';
import { DATA_CASES } from './cases-data.ts';
import { EDGE_CASES, withNotFinite } from './cases-edge.ts';
import { IMAGE_CASES } from './cases-image.ts';
import { NUMERIC_CASES } from './cases-numeric.ts';
import { type CaseTable, Draw, type KernelCase } from './draw.ts';

export { EDGE_CASES, OTHERWISE_NOT_FINITE } from './cases-edge.ts';
export type { KernelCase, Plain } from './draw.ts';

/** Kernels that cannot run here, and why. */
export const EXCLUDED: Readonly<Record<string, string>> = { Draw: 'draws on a canvas' };

/** The cases of each kernel. */
export const KERNEL_CASES: CaseTable = { ...DATA_CASES, ...IMAGE_CASES, ...NUMERIC_CASES };

/** The cases of one kernel for a stream of random numbers. */
export function casesOf(kernel: string, rng: Rng): KernelCase[] {
  const draw = new Draw(rng);
  return [...(KERNEL_CASES[kernel]?.(draw) ?? []), ...(EDGE_CASES[kernel]?.(draw) ?? [])];
}

/** The same cases with NaN and infinities among their numbers. */
export function notFiniteCasesOf(kernel: string, rng: Rng): KernelCase[] {
  const planting = rng.split('planting');
  return casesOf(kernel, rng).map((one) => withNotFinite(one, planting));
}
