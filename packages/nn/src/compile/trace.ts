/**
 * Tracing: runs a function on the `simd` backend while its instructions are recorded, then puts every variable back.
 * Buffers are written once, so the instructions form a graph by themselves. What depends on nothing but constants
 * becomes a constant. A function is traced until two traces agree: a difference between them is host state, such as a
 * random number drawn in JavaScript, that a replay would silently freeze.
 */

import { SkeinError } from '@skein/core';
import { engine, keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { inScope } from '../scope.ts';
import type { Buffer, HostStep, Recorder, SimdBackend, Step } from '../simd/backend.ts';
import { type OptimizerUse, withFusedOptimizers } from './optimizers.ts';
import { type Structure, takeApart } from './structure.ts';

/** A step of a trace. */
export type TraceStep = ({ readonly kind: 'kernel' } & Step) | ({ readonly kind: 'host' } & HostStep);

/** A variable that a trace assigned: its buffer before and the buffer of its last value. */
export interface Assignment {
  readonly variable: Variable;
  readonly after: Buffer;
}

/** All that a traced function did. */
export interface Trace {
  readonly steps: readonly TraceStep[];
  readonly inputs: readonly Buffer[];
  /** Buffers with fixed content, and that content. */
  readonly constants: ReadonlyMap<Buffer, Uint8Array>;
  /** The buffer that each variable had when the function began. */
  readonly variables: ReadonlyMap<Buffer, Variable>;
  readonly assignments: readonly Assignment[];
  readonly outputs: readonly { readonly buffer: Buffer; readonly shape: readonly number[] }[];
  readonly structure: Structure;
  readonly optimizers: readonly OptimizerUse[];
}

type Function = (...args: Tensor[]) => unknown;

class Tracer implements Recorder {
  readonly steps: TraceStep[] = [];
  readonly constants = new Map<Buffer, Uint8Array>();
  private readonly produced = new Set<Buffer>();
  private readonly backend: SimdBackend;
  private readonly inputs: ReadonlySet<Buffer>;
  private readonly variables: ReadonlyMap<Buffer, Variable>;

  constructor(backend: SimdBackend, inputs: readonly Buffer[], variables: ReadonlyMap<Buffer, Variable>) {
    this.backend = backend;
    this.inputs = new Set(inputs);
    this.variables = variables;
  }

  written(buffer: Buffer): void {
    if (buffer.strings !== undefined || buffer.complex !== undefined) {
      throw new SkeinError('COMPILE', `a ${buffer.dtype} tensor was created, expected float32, int32 or bool`, {
        details: { dtype: buffer.dtype },
        advice: 'create it outside of the compiled function',
      });
    }
    this.constants.set(buffer, this.content(buffer));
  }

  step(step: Step): void {
    const results = step.outputs.slice(0, step.outputs.length - (step.scratch ?? 0));
    const fixed = step.live === undefined || step.live.length === 0;
    this.add({ kind: 'kernel', ...step }, step.inputs, results, fixed);
  }

  host(step: HostStep): void {
    this.add({ kind: 'host', ...step }, step.inputs, step.outputs, true);
  }

  private add(
    step: TraceStep,
    inputs: readonly (Buffer | null)[],
    results: readonly Buffer[],
    foldable: boolean,
  ): void {
    if (foldable && inputs.every((input) => input === null || this.constants.has(input))) {
      for (const result of results) this.constants.set(result, this.content(result));
      return;
    }
    for (const result of results) this.produced.add(result);
    this.steps.push(step);
  }

  reading(buffer: Buffer): void {
    const variable = this.variables.get(buffer);
    const traced = this.inputs.has(buffer) || this.produced.has(buffer) || variable !== undefined;
    if (!traced) return;
    const what = variable === undefined ? 'a tensor that depends on the arguments or variables' : variable.name;
    throw new SkeinError('COMPILE', `the value of ${what} was read while the function was compiled`, {
      advice:
        'control flow on data cannot be replayed: use tf.where and masks inside of the function, or read values outside',
    });
  }

  private content(buffer: Buffer): Uint8Array {
    return this.backend.memoryBlocks.u8.slice(buffer.address, buffer.address + buffer.bytes);
  }
}

/** Variables and handles on the buffers that they had: data are never written in place while tracing. */
type Snapshot = { readonly variable: Variable; readonly value: Tensor }[];

function hold(variable: Variable): { variable: Variable; value: Tensor } {
  return { variable, value: keep(variable.clone()) };
}

function allVariables(): Variable[] {
  return Object.values(engine().registeredVariables);
}

function restore(snapshot: Snapshot): void {
  for (const { variable, value } of snapshot) {
    if (!variable.isDisposed) variable.assign(value);
    value.dispose();
  }
}

/** Runs `body`; variables that it creates are added to the snapshot with their first values. */
function watchingVariables<T>(snapshot: Snapshot, body: () => T): T {
  const state = engine();
  const original = state.makeVariable;
  state.makeVariable = function watched(...args) {
    const variable = original.apply(this, args);
    snapshot.push(hold(variable));
    return variable;
  };
  try {
    return body();
  } finally {
    state.makeVariable = original;
  }
}

/** Gives every variable a buffer of its own, so that a buffer names its variable. */
function separateVariables(backend: SimdBackend): Map<Buffer, Variable> {
  const owners = new Map<Buffer, Variable>();
  for (const variable of allVariables()) {
    const moved = ['string', 'complex64'].includes(variable.dtype);
    if (moved) continue;
    if (backend.refCount(variable.dataId) !== 1) separate(backend, variable);
    owners.set(backend.buffer(variable), variable);
  }
  return owners;
}

function separate(backend: SimdBackend, variable: Variable): void {
  const copy = backend.allocate(variable.shape, variable.dtype);
  const from = backend.buffer(variable);
  const to = backend.buffer(copy);
  backend.memoryBlocks.u8.copyWithin(to.address, from.address, from.address + from.bytes);
  const tensor = engine().makeTensorFromTensorInfo(copy, backend);
  variable.assign(tensor);
  tensor.dispose();
}

function traceOnce(backend: SimdBackend, fn: Function, args: readonly Tensor[]): Trace {
  const variables = separateVariables(backend);
  const inputs = args.map((tensor) => backend.buffer(tensor));
  const snapshot = [...variables.values()].map(hold);
  const tracer = new Tracer(backend, inputs, variables);
  const optimizers: OptimizerUse[] = [];
  try {
    return inScope(() => {
      const tensors: Tensor[] = [];
      const structure = watchingVariables(snapshot, () => {
        backend.recorder = tracer;
        try {
          const run = () => fn(...args);
          return takeApart(
            withFusedOptimizers(backend, (use) => optimizers.push(use), run),
            tensors,
          );
        } finally {
          backend.recorder = null;
        }
      });
      return {
        steps: tracer.steps,
        inputs,
        constants: tracer.constants,
        variables,
        assignments: findAssignments(backend, variables),
        outputs: tensors.map((tensor) => ({ buffer: backend.buffer(tensor), shape: tensor.shape })),
        structure,
        optimizers,
      };
    });
  } finally {
    restore(snapshot);
  }
}

function findAssignments(backend: SimdBackend, variables: ReadonlyMap<Buffer, Variable>): Assignment[] {
  const assignments: Assignment[] = [];
  for (const [before, variable] of variables) {
    if (variable.isDisposed) continue;
    const after = backend.buffer(variable);
    if (after !== before) assignments.push({ variable, after });
  }
  return assignments;
}

/** Traces until two traces agree. The first may create variables (moments, layers' weights), so three are made at most. */
export function trace(backend: SimdBackend, fn: Function, args: readonly Tensor[]): Trace {
  let earlier = traceOnce(backend, fn, args);
  let difference: string | null = null;
  for (let attempt = 0; attempt < 2; attempt++) {
    const later = traceOnce(backend, fn, args);
    difference = compareTraces(earlier, later);
    if (difference === null) return later;
    earlier = later;
  }
  throw new SkeinError('COMPILE', `two traces of the function differ: ${difference}`, {
    details: { difference },
    advice:
      'the function uses host state, such as random numbers drawn in JavaScript (tf.randomNormal, dropout) or a ' +
      'counter: pass such values in as arguments, or draw them from a RandomStream (createRandomStream)',
  });
}

/** The first difference between two traces, or null. */
function compareTraces(a: Trace, b: Trace): string | null {
  if (a.steps.length !== b.steps.length) return `${a.steps.length} steps and ${b.steps.length} steps`;
  const numbers = new Numbering(a, b);
  for (const [i, step] of a.steps.entries()) {
    const difference = compareSteps(step, b.steps[i]!, numbers);
    if (difference !== null) return `step ${i} (${stepName(step)}): ${difference}`;
  }
  if (!sameBuffers(a.assignments.map(final), b.assignments.map(final), numbers)) return 'other assignments';
  const outputs = (t: Trace) => t.outputs.map(({ buffer }) => buffer);
  if (!sameBuffers(outputs(a), outputs(b), numbers)) return 'other results';
  return null;
}

const final = ({ after }: Assignment) => after;

/** Name of a step for people. */
export function stepName(step: TraceStep): string {
  return step.kind === 'host' ? `${step.name} in JavaScript` : step.kernel.name;
}

function compareSteps(a: TraceStep, b: TraceStep, numbers: Numbering): string | null {
  if (stepName(a) !== stepName(b)) return `${stepName(a)} and ${stepName(b)}`;
  if (a.kind === 'kernel' && b.kind === 'kernel') {
    if (a.params.length !== b.params.length || !a.params.every((word, i) => word === b.params[i])) {
      return 'other parameters';
    }
  } else if (a.kind === 'host' && b.kind === 'host') {
    if (JSON.stringify(a.attrs) !== JSON.stringify(b.attrs)) return 'other options';
  }
  if (!sameBuffers(a.inputs, b.inputs, numbers)) return 'other inputs';
  numbers.add(a.outputs, b.outputs);
  return null;
}

function sameBuffers(a: readonly (Buffer | null)[], b: readonly (Buffer | null)[], numbers: Numbering): boolean {
  return a.length === b.length && a.every((buffer, i) => numbers.same(buffer, b[i]!));
}

/** Which buffer of one trace stands for which of the other. */
class Numbering {
  private readonly pairs = new Map<Buffer, Buffer>();
  private readonly a: Trace;
  private readonly b: Trace;

  constructor(a: Trace, b: Trace) {
    this.a = a;
    this.b = b;
    this.add(a.inputs, b.inputs);
  }

  add(a: readonly Buffer[], b: readonly Buffer[]): void {
    for (const [i, buffer] of a.entries()) this.pairs.set(buffer, b[i]!);
  }

  same(x: Buffer | null, y: Buffer | null): boolean {
    if (x === null || y === null) return x === y;
    const pair = this.pairs.get(x);
    if (pair !== undefined) return pair === y;
    const variable = this.a.variables.get(x);
    if (variable !== undefined) return this.b.variables.get(y) === variable;
    const content = this.a.constants.get(x);
    if (content === undefined) return x === y;
    const other = this.b.constants.get(y);
    return other !== undefined && content.length === other.length && content.every((byte, i) => byte === other[i]);
  }
}
