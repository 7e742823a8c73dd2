/** Simplification of traces: steps that nobody needs are dropped, steps that repeat an earlier one are shared. */

import type { Buffer } from '../simd/backend.ts';
import type { Trace, TraceStep } from './trace.ts';

/** Replaces buffers in a step. */
function mapInputs(step: TraceStep, map: (buffer: Buffer) => Buffer): TraceStep {
  if (step.kind === 'host') return { ...step, inputs: step.inputs.map(map) };
  return { ...step, inputs: step.inputs.map((input) => (input === null ? null : map(input))) };
}

/** A trace whose equal steps are computed once. */
export function shareCommonSteps(trace: Trace): Trace {
  const replaced = new Map<Buffer, Buffer>();
  const known = new Map<string, TraceStep>();
  const ids = new Map<Buffer, number>();
  const find = (buffer: Buffer) => replaced.get(buffer) ?? buffer;
  const id = (buffer: Buffer | null) => {
    if (buffer === null) return -1;
    if (!ids.has(buffer)) ids.set(buffer, ids.size);
    return ids.get(buffer)!;
  };
  const steps: TraceStep[] = [];
  for (const original of trace.steps) {
    const step = mapInputs(original, find);
    const key = stepKey(step, id);
    const twin = key === null ? undefined : known.get(key);
    if (twin === undefined) {
      if (key !== null) known.set(key, step);
      steps.push(step);
    } else {
      for (const [i, output] of step.outputs.entries()) replaced.set(output, twin.outputs[i]!);
    }
  }
  return {
    ...trace,
    steps,
    assignments: trace.assignments.map((a) => ({ ...a, after: find(a.after) })),
    outputs: trace.outputs.map((output) => ({ ...output, buffer: find(output.buffer) })),
  };
}

/** Equal for steps that compute the same, or null for steps that are not compared. */
function stepKey(step: TraceStep, id: (buffer: Buffer | null) => number): string | null {
  if (step.kind === 'host' || (step.live !== undefined && step.live.length > 0)) return null;
  return `${step.kernel.index}|${step.inputs.map(id).join()}|${step.params.join()}`;
}

/** A trace without the steps that neither a result nor an assignment needs. */
export function dropUnusedSteps(trace: Trace): Trace {
  const needed = new Set<Buffer>([
    ...trace.outputs.map(({ buffer }) => buffer),
    ...trace.assignments.map(({ after }) => after),
  ]);
  const kept: TraceStep[] = [];
  for (const step of trace.steps.toReversed()) {
    if (!step.outputs.some((output) => needed.has(output))) continue;
    for (const input of step.inputs) if (input !== null) needed.add(input);
    kept.push(step);
  }
  return { ...trace, steps: kept.reverse() };
}

/** Who reads each buffer; a result of the function or a new value of a variable has one reader more. */
export function countReaders(
  trace: Trace,
  steps: readonly (TraceStep | null)[] = trace.steps,
): Map<Buffer, Set<unknown>> {
  const readers = new Map<Buffer, Set<unknown>>();
  const add = (buffer: Buffer | null, reader: unknown) => {
    if (buffer === null) return;
    const known = readers.get(buffer);
    if (known === undefined) readers.set(buffer, new Set([reader]));
    else known.add(reader);
  };
  for (const step of steps) for (const input of step?.inputs ?? []) add(input, step);
  for (const output of trace.outputs) add(output.buffer, output);
  for (const assignment of trace.assignments) add(assignment.after, assignment);
  return readers;
}

/** All simplifications, in order. */
export function simplify(trace: Trace): Trace {
  return dropUnusedSteps(shareCommonSteps(trace));
}
