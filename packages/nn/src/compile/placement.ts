/** Memory of a plan: where every buffer of a simplified trace lies, and which variables are updated in place. */

import type { Variable } from '@tensorflow/tfjs-core';
import type { Buffer } from '../simd/backend.ts';
import { blockSize } from '../simd/memory.ts';
import type { Kernel } from '../simd/module.ts';
import { elementBytes } from '../simd/program.ts';
import type { Trace, TraceStep } from './trace.ts';

/** Steps with copies added and the decision which results are written straight to a variable's home. */
export interface Schedule {
  readonly steps: readonly TraceStep[];
  /** Results that are placed at the home of a variable. */
  readonly inPlace: ReadonlyMap<Buffer, Variable>;
  /** Copies to homes at the end. */
  readonly finalCopies: readonly { readonly from: Buffer; readonly variable: Variable }[];
  readonly outputs: readonly Buffer[];
}

function copyStep(kernel: Kernel, from: Buffer, to: Buffer): TraceStep {
  return { kind: 'kernel', kernel, outputs: [to], inputs: [from], params: [from.bytes] };
}

/** Index of the last step that reads each buffer. */
function lastReads(steps: readonly TraceStep[]): Map<Buffer, number> {
  const last = new Map<Buffer, number>();
  for (const [i, step] of steps.entries()) {
    for (const input of step.inputs) if (input !== null) last.set(input, i);
  }
  return last;
}

/** Whether a step may write over one of its inputs: element-wise, at the same index. */
function mayOverwrite(step: TraceStep, input: Buffer, output: Buffer): boolean {
  if (!step.inputs.includes(input)) return true;
  return step.kind === 'kernel' && step.program !== undefined && input.bytes === output.bytes;
}

/** Orders a trace's effects on variables. `copy` is the copying kernel. */
export function schedule(trace: Trace, copy: Kernel): Schedule {
  const assigned = new Set<Variable>(trace.assignments.map(({ variable }) => variable));
  const before = new Map<Variable, Buffer>([...trace.variables].map(([buffer, variable]) => [variable, buffer]));
  const { saved, keep } = saver(trace.variables, assigned);
  const outputs = trace.outputs.map(({ buffer }) => keep(buffer));
  const assignments = trace.assignments.map((a) => ({ ...a, after: keep(a.after) }));
  const steps = [...[...saved].map(([from, to]) => copyStep(copy, from, to)), ...trace.steps];
  const last = lastReads(steps);
  const producers = new Map<Buffer, number>();
  for (const [i, step] of steps.entries()) for (const output of step.outputs) producers.set(output, i);

  const inPlace = new Map<Buffer, Variable>();
  const finalCopies: { from: Buffer; variable: Variable }[] = [];
  for (const { variable, after } of assignments) {
    const old = before.get(variable)!;
    const producer = producers.get(after);
    const free =
      producer !== undefined &&
      !inPlace.has(after) &&
      (last.get(old) ?? -1) <= producer &&
      mayOverwrite(steps[producer]!, old, after);
    if (free) inPlace.set(after, variable);
    else finalCopies.push({ from: after, variable });
  }
  return { steps, inPlace, finalCopies, outputs };
}

/** Old values of assigned variables that are needed at the end are saved at the beginning. */
function saver(variables: ReadonlyMap<Buffer, Variable>, assigned: ReadonlySet<Variable>) {
  const saved = new Map<Buffer, Buffer>();
  const keep = (buffer: Buffer): Buffer => {
    const variable = variables.get(buffer);
    if (variable === undefined || !assigned.has(variable)) return buffer;
    let copy = saved.get(buffer);
    if (copy === undefined) {
      copy = { dtype: buffer.dtype, bytes: buffer.bytes, address: 0, refCount: 1 };
      saved.set(buffer, copy);
    }
    return copy;
  };
  return { saved, keep };
}

/** Offsets of temporary buffers in an arena, and the arena's size. */
export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

interface Gap {
  start: number;
  end: number;
}

/** The arena's free ranges; allocation takes the smallest that fits. */
class GapList {
  private gaps: Gap[] = [{ start: 0, end: Number.POSITIVE_INFINITY }];
  peak = 0;

  take(bytes: number): number {
    let best: Gap | null = null;
    for (const gap of this.gaps) {
      const size = gap.end - gap.start;
      if (size >= bytes && (best === null || size < best.end - best.start)) best = gap;
    }
    const start = best!.start;
    best!.start += bytes;
    if (best!.start === best!.end) this.gaps = this.gaps.filter((gap) => gap !== best);
    this.peak = Math.max(this.peak, start + bytes);
    return start;
  }

  give(start: number, bytes: number): void {
    this.gaps.push({ start, end: start + bytes });
    this.gaps.sort((a, b) => a.start - b.start);
    const merged: Gap[] = [];
    for (const gap of this.gaps) {
      const last = merged.at(-1);
      if (last?.end === gap.start) last.end = gap.end;
      else merged.push(gap);
    }
    this.gaps = merged;
  }
}

/** The inputs that a step reads for the last time, once each. */
function dyingInputs(step: TraceStep, index: number, last: ReadonlyMap<Buffer, number>): Set<Buffer> {
  const dying = step.inputs.filter((input) => input !== null && (last.get(input) ?? index) === index);
  return new Set(dying as Buffer[]);
}

/** Whether an element-wise step reads a buffer only at the index that it writes, so that a result may lie over it. */
function readsInOrder(step: TraceStep, buffer: Buffer): boolean {
  if (step.kind !== 'kernel' || step.program === undefined || step.layout === undefined) return false;
  const { program, layout } = step;
  const first = program.outputs.length;
  return step.inputs.every((input, i) => {
    if (input !== buffer) return true;
    const bytes = layout.inner * elementBytes(program.inputs[i]!);
    return layout.access[i] === 'each' && (layout.rows === 1 || layout.rowStrides[first + i] === bytes);
  });
}

/**
 * Packs buffers by the time that they live. `isTemporary` tells them from constants, homes and what lies elsewhere.
 * `donated` ones (the arguments, which every run writes anew) live from the start and give their place away after their
 * last use; a result of an element-wise step takes the place of an input that nobody reads any more.
 */
export function packTemporaries(
  plan: Schedule,
  donated: readonly Buffer[],
  isTemporary: (buffer: Buffer) => boolean,
): Arena {
  const { steps } = plan;
  const last = lastReads(steps);
  for (const buffer of [...plan.outputs, ...plan.finalCopies.map(({ from }) => from)]) last.set(buffer, steps.length);
  const offsets = new Map<Buffer, number>();
  const gaps = new GapList();
  for (const buffer of donated) offsets.set(buffer, gaps.take(blockSize(buffer.bytes)));
  for (const [i, step] of steps.entries()) {
    const dying = dyingInputs(step, i, last);
    for (const output of step.outputs) {
      if (!isTemporary(output)) continue;
      const heir = [...dying].find(
        (input) => offsets.has(input) && input.bytes === output.bytes && readsInOrder(step, input),
      );
      if (heir !== undefined) dying.delete(heir);
      offsets.set(output, heir === undefined ? gaps.take(blockSize(output.bytes)) : offsets.get(heir)!);
    }
    for (const output of step.outputs) if ((last.get(output) ?? i) === i) dying.add(output);
    for (const buffer of dying) {
      const offset = offsets.get(buffer);
      if (offset !== undefined) gaps.give(offset, blockSize(buffer.bytes));
    }
  }
  return { offsets, bytes: gaps.peak };
}
