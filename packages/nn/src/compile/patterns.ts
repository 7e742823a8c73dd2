/**
 * Patterns of several steps that one kernel computes: the logarithm of a softmax, as `tf.logSoftmax` and
 * `tf.losses.softmaxCrossEntropy` compose it, and the cross-entropy that sums it weighted by labels. The gradient of
 * either needs the softmax, which that kernel leaves beside.
 */

import { type Buffer, floatBits, type SimdBackend } from '../simd/backend.ts';
import type { Operation } from '../simd/program.ts';
import { countReaders, dropUnusedSteps } from './graph.ts';
import type { Trace, TraceStep } from './trace.ts';

type KernelStep = TraceStep & { readonly kind: 'kernel' };

/** Rows and columns of a matrix in memory. */
interface Size {
  readonly rows: number;
  readonly columns: number;
}

const ONE = floatBits(1);
const MINUS_ONE = floatBits(-1);

/** The steps of a trace by what they produce. */
class Producers {
  private readonly steps = new Map<Buffer, KernelStep>();

  constructor(steps: readonly TraceStep[]) {
    for (const step of steps) if (step.kind === 'kernel') this.steps.set(step.outputs[0]!, step);
  }

  /** The inputs of the step that makes a buffer with one element-wise operation, or null. */
  operands(buffer: Buffer, op: Operation): readonly Buffer[] | null {
    const step = this.steps.get(buffer);
    if (step?.program === undefined || step.program.nodes.length !== 1) return null;
    const [node] = step.program.nodes;
    const inOrder = node!.op === op && node!.args.every((arg, i) => arg === i);
    return inOrder ? (step.inputs as readonly Buffer[]) : null;
  }

  /** As `operands`, where the second operand is one number for each row of the first. */
  minusRows(buffer: Buffer, { rows, columns }: Size): readonly [Buffer, Buffer] | null {
    const operands = this.operands(buffer, 'sub');
    const layout = this.steps.get(buffer)?.layout;
    if (operands === null || layout === undefined) return null;
    const [x, row] = operands as readonly [Buffer, Buffer];
    const sizes = x.bytes === rows * columns * 4 && row.bytes === rows * 4 && layout.inner === columns;
    return sizes && layout.access.join() === 'each,row' ? [x, row] : null;
  }

  /** The input and the size of a reduction of rows, or null. The last parameter says which. */
  reducedRows(
    buffer: Buffer,
    kernel: string,
    parameter: number,
  ): { readonly input: Buffer; readonly size: Size } | null {
    const step = this.steps.get(buffer);
    if (step?.kernel.name !== kernel) return null;
    const [rows, columns, inner, last] = step.params as readonly [number, number, number, number];
    return inner === 1 && last === parameter ? { input: step.inputs[0]!, size: { rows, columns } } : null;
  }

  /** The input of exp(x - max(x)) whose sums over rows have this logarithm, or null. */
  shiftedBy(logarithm: Buffer): { x: Buffer; most: Buffer; shifted: Buffer; size: Size } | null {
    const sums = this.operands(logarithm, 'log');
    const reduced = sums === null ? null : this.reducedRows(sums[0]!, 'reduceSum', ONE);
    const shifted = reduced === null ? null : this.operands(reduced.input, 'exp');
    const difference = shifted === null ? null : this.minusRows(shifted[0]!, reduced!.size);
    if (difference === null) return null;
    const [x, most] = difference;
    const largest = this.reducedRows(most, 'reduceFold', 0);
    const same = largest?.input === x && largest.size.rows === reduced!.size.rows;
    return same ? { x, most, shifted: shifted![0]!, size: reduced!.size } : null;
  }

  /** The logits whose log-softmax a buffer is: (x - max) - log(sum) or x - (max + log(sum)); or null. */
  logSoftmax(buffer: Buffer): { readonly x: Buffer; readonly size: Size } | null {
    const operands = this.operands(buffer, 'sub');
    if (operands === null) return null;
    const [first, second] = operands as readonly [Buffer, Buffer];
    const terms = this.operands(second, 'add') ?? [second];
    const found = terms.map((term) => this.shiftedBy(term)).find((match) => match !== null);
    if (found === undefined || this.minusRows(buffer, found.size) === null) return null;
    const whole = terms.length === 2 && terms.includes(found.most) && first === found.x;
    return whole || (terms.length === 1 && first === found.shifted) ? found : null;
  }
}

function findLogSoftmax(backend: SimdBackend, trace: Trace): Trace {
  const producers = new Producers(trace.steps);
  const kernel = backend.kernel('logSoftmax');
  const steps = trace.steps.map((step): TraceStep => {
    const found = step.kind === 'kernel' ? producers.logSoftmax(step.outputs[0]!) : null;
    if (found === null) return step;
    const { rows, columns } = found.size;
    return { kind: 'kernel', kernel, outputs: step.outputs, inputs: [found.x], params: [rows, columns] };
  });
  return { ...trace, steps };
}

/** The cross-entropy that starts with a log-softmax: where it is and what replaces it. */
interface CrossEntropy {
  readonly step: KernelStep;
  /** The step before which the kernel has all that it needs. */
  readonly at: TraceStep;
  /** The softmax in the trace: exp of the log-softmax. */
  readonly softmax: readonly Buffer[];
}

type Readers = ReadonlyMap<Buffer, ReadonlySet<unknown>>;

/** The only reader of a buffer, if that is an element-wise or reducing step. */
function onlyReader(readers: Readers, buffer: Buffer): KernelStep | null {
  const [reader, ...others] = readers.get(buffer) ?? [];
  const isStep = others.length === 0 && (reader as Partial<KernelStep> | undefined)?.kind === 'kernel';
  return isStep ? (reader as KernelStep) : null;
}

/** Whether a step multiplies two buffers of equal size number by number. */
function isProduct({ program, inputs, outputs }: KernelStep): boolean {
  const sized = inputs.length === 2 && inputs.every((input) => input?.bytes === outputs[0]!.bytes);
  return sized && program?.nodes.length === 1 && program.nodes[0]!.op === 'mul';
}

function matchCrossEntropy(
  backend: SimdBackend,
  producers: Producers,
  readers: Readers,
  logs: KernelStep,
): CrossEntropy | null {
  const y = logs.outputs[0]!;
  const uses = [...(readers.get(y) ?? [])] as KernelStep[];
  const products = uses.filter((use) => use.kind === 'kernel' && use.inputs?.includes(y) && isProduct(use));
  const exponentials = uses.filter(
    (use) => use.kind === 'kernel' && producers.operands(use.outputs[0]!, 'exp') !== null,
  );
  const [weighted] = products;
  if (products.length !== 1 || products.length + exponentials.length !== uses.length) return null;
  let last = onlyReader(readers, weighted!.outputs[0]!);
  const negative = last !== null && producers.operands(last.outputs[0]!, 'neg') !== null;
  if (negative) last = onlyReader(readers, last!.outputs[0]!);
  const [rows, columns] = logs.params as readonly [number, number];
  const sum = last === null ? null : producers.reducedRows(last.outputs[0]!, 'reduceSum', ONE);
  if (sum?.size.rows !== rows || sum.size.columns !== columns) return null;
  const labels = weighted!.inputs.find((input) => input !== y) ?? y;
  if (labels === y) return null;
  const softmax: Buffer = { dtype: 'float32', bytes: y.bytes, address: 0, refCount: 1 };
  const outputs = [last!.outputs[0]!, softmax];
  const params = [rows, columns, negative ? MINUS_ONE : ONE];
  const step: KernelStep = {
    kind: 'kernel',
    kernel: backend.kernel('crossEntropy'),
    outputs,
    inputs: [logs.inputs[0]!, labels],
    params,
  };
  return { step, at: weighted!, softmax: exponentials.map((use) => use.outputs[0]!) };
}

function findCrossEntropy(backend: SimdBackend, trace: Trace): Trace {
  const producers = new Producers(trace.steps);
  const readers = countReaders(trace);
  const replaced = new Map<Buffer, Buffer>();
  const before = new Map<TraceStep, KernelStep>();
  const dropped = new Set<Buffer>();
  for (const step of trace.steps) {
    if (step.kind !== 'kernel' || step.kernel.name !== 'logSoftmax') continue;
    const found = matchCrossEntropy(backend, producers, readers, step);
    const position = (buffer: Buffer) => trace.steps.findIndex(({ outputs }) => outputs.includes(buffer));
    if (found === null || found.softmax.some((buffer) => position(buffer) < trace.steps.indexOf(found.at))) continue;
    before.set(found.at, found.step);
    dropped.add(found.step.outputs[0]!);
    for (const buffer of found.softmax) replaced.set(buffer, found.step.outputs[1]!);
  }
  const find = <B extends Buffer | null>(buffer: B): B =>
    buffer === null ? buffer : ((replaced.get(buffer) ?? buffer) as B);
  const steps = trace.steps.flatMap((step): TraceStep[] => {
    const inputs = step.inputs.map(find);
    const added = before.get(step);
    const kept = dropped.has(step.outputs[0]!) ? [] : [{ ...step, inputs } as TraceStep];
    return added === undefined ? kept : [added, ...kept];
  });
  return {
    ...trace,
    steps,
    assignments: trace.assignments.map((assignment) => ({ ...assignment, after: find(assignment.after) })),
    outputs: trace.outputs.map((output) => ({ ...output, buffer: find(output.buffer) })),
  };
}

/** A trace with patterns replaced by the kernels that compute them. */
export function recognisePatterns(backend: SimdBackend, trace: Trace): Trace {
  const logs = findLogSoftmax(backend, trace);
  return dropUnusedSteps(findCrossEntropy(backend, logs));
}
