/** `compile`: functions on tensors that are traced once per input shape and then replayed as plans. */

import { SkeinError } from '@skein/core';
import { clone, dispose, engine, Tensor, tensor, tidy, util } from '@tensorflow/tfjs-core';
import { fetchValues } from '../fetch-values.ts';
import { inScope } from '../scope.ts';
import { SimdBackend } from '../simd/backend.ts';
import { type NumberArray, Plan, type StepProfile } from './plan.ts';
import { putTogether, type Result, takeApart } from './structure.ts';
import { trace } from './trace.ts';

/** Types of compiled functions' arguments and results. */
export type ElementDType = 'float32' | 'int32' | 'bool';

/** An argument without a tensor: numbers and their shape. Float32Array is float32, Int32Array int32, Uint8Array bool. */
export interface ArrayInput {
  readonly data: NumberArray;
  readonly shape: readonly number[];
}

/** Shape and type (float32 unless said) of one argument. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: ElementDType;
}

/** Options of `compile`. */
export interface CompileOptions {
  /** Plans kept for different input shapes; the one unused for longest goes first. */
  readonly maxPlans?: number;
  /** Shapes of the arguments, so that `run` works before the first call. */
  readonly inputs?: readonly InputSpec[];
}

export const COMPILE_DEFAULTS = { maxPlans: 16 } as const satisfies CompileOptions;

/** How often `profile` runs a plan. */
const PROFILE_REPEATS = 100;

/** A compiled function. */
export interface Compiled<A extends readonly Tensor[], R extends Result> {
  /** Calls the function. Arguments are tensors or arrays with shapes; the resulting tensors belong to the caller. */
  (...args: { readonly [K in keyof A]: A[K] | ArrayInput }): R;
  /**
   * Calls the function on plain numbers without making a tensor: inputs are copied in, results into `outputs` (new
   * arrays if not given), in the order in which the result holds its tensors. The shapes are those of a plan with these
   * sizes: of `options.inputs`, of `prepare` or of an earlier call. Throws `SHAPE` when there is none.
   */
  run(inputs: readonly NumberArray[], outputs?: readonly NumberArray[]): readonly NumberArray[];
  /** As `run`, on every backend: it waits where values cannot be read at once, as on `webgpu`. */
  runAsync(inputs: readonly NumberArray[], outputs?: readonly NumberArray[]): Promise<readonly NumberArray[]>;
  /** Compiles for these input shapes without running; variables stay as they are. Returns the function. */
  prepare(...inputs: readonly InputSpec[]): Compiled<A, R>;
  /** Describes the plans: steps, bytes, operations. Empty on backends that run the function eagerly. */
  explain(): string;
  /**
   * Runs the function on plain numbers as `run` does, so often (100 times if not given) and step by step, and tells what
   * each step cost. Variables move as in as many calls. Empty on backends that run the function eagerly.
   */
  profile(inputs: readonly NumberArray[], repeats?: number): readonly StepProfile[];
  /** The number of plans. */
  readonly planCount: number;
  /** Gives the plans' memory back. The function may be called again (and compiles again). */
  dispose(): void;
}

type AnyFunction = (...args: Tensor[]) => unknown;

/**
 * Compiles a function on tensors. On the `simd` backend the first call with new shapes traces it (forward pass,
 * gradients, optimiser steps, assignments to variables) and later calls replay the recording. On other backends, inside
 * of `tf.grad` and inside of another compiled function it simply runs: same results, same interface.
 *
 * Throws `COMPILE` when the function cannot be replayed: it reads values, draws random numbers in JavaScript, or uses
 * strings or complex numbers.
 */
export function compile<A extends readonly Tensor[], R extends Result>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const runner = new Runner(fn as unknown as AnyFunction, options);
  const compiled = (...args: readonly (Tensor | ArrayInput)[]) => runner.call(args) as R;
  const members = {
    run: (inputs: readonly NumberArray[], outputs?: readonly NumberArray[]) => runner.run(inputs, outputs),
    runAsync: (inputs: readonly NumberArray[], outputs?: readonly NumberArray[]) => runner.runAsync(inputs, outputs),
    prepare: (...inputs: readonly InputSpec[]) => {
      runner.prepare(inputs);
      return result;
    },
    explain: () => runner.explain(),
    profile: (inputs: readonly NumberArray[], repeats?: number) => runner.profile(inputs, repeats),
    dispose: () => runner.dispose(),
  };
  Object.defineProperty(compiled, 'planCount', { get: () => runner.planCount });
  const result = Object.assign(compiled, members) as unknown as Compiled<A, R>;
  return result;
}

function dtypeOf(data: NumberArray): ElementDType {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'bool';
}

function specOf(input: Tensor | ArrayInput): Required<InputSpec> {
  if (input instanceof Tensor) return { shape: input.shape, dtype: input.dtype as ElementDType };
  return { shape: input.shape, dtype: dtypeOf(input.data) };
}

function keyOf(specs: readonly InputSpec[]): string {
  return specs.map(({ shape, dtype }) => `${dtype ?? 'float32'}[${shape.join()}]`).join(' ');
}

function toTensor(input: Tensor | ArrayInput): Tensor {
  if (input instanceof Tensor) return input;
  return tensor(input.data, input.shape as number[], dtypeOf(input.data));
}

function checkLength(position: number, data: NumberArray, shape: readonly number[]): void {
  const expected = util.sizeFromShape(shape as number[]);
  if (data.length === expected) return;
  throw new SkeinError(
    'SHAPE',
    `argument ${position}: expected ${expected} numbers for shape [${shape}], got ${data.length}`,
    { details: { position, shape, length: data.length } },
  );
}

/** A plan, the backend that it belongs to and what it takes. */
interface Entry {
  readonly backend: SimdBackend;
  readonly plan: Plan;
  readonly specs: readonly InputSpec[];
}

class Runner {
  private readonly fn: AnyFunction;
  private readonly maxPlans: number;
  /** By input shapes, least recently used first. */
  private readonly plans = new Map<string, Entry>();
  private last: Entry | null = null;
  /** Shapes announced for `run`. */
  private readonly announced: (readonly InputSpec[])[] = [];

  constructor(fn: AnyFunction, options: CompileOptions) {
    this.fn = fn;
    this.maxPlans = options.maxPlans ?? COMPILE_DEFAULTS.maxPlans;
    if (options.inputs !== undefined) this.announced.push(options.inputs);
  }

  get planCount(): number {
    return this.plans.size;
  }

  /** The backend to replay on, or null where the function must run as it is. */
  private replayBackend(): SimdBackend | null {
    const { backend, state } = engine();
    const gradients = (state as { readonly gradientDepth: number }).gradientDepth > 0;
    return backend instanceof SimdBackend && backend.recorder === null && !gradients ? backend : null;
  }

  call(args: readonly (Tensor | ArrayInput)[]): Result {
    for (const [i, arg] of args.entries()) if (!(arg instanceof Tensor)) checkLength(i, arg.data, arg.shape);
    const backend = this.replayBackend();
    if (backend === null) return this.callEagerly(args);
    const { plan } = this.entryFor(backend, args.map(specOf), () => args.map(toTensor));
    for (const [i, arg] of args.entries()) writeInput(backend, plan, i, arg);
    plan.execute();
    return putTogether(plan.structure, readOutputs(backend, plan));
  }

  private callEagerly(args: readonly (Tensor | ArrayInput)[]): Result {
    return tidy(() => this.fn(...args.map(toTensor)) as never) as Result;
  }

  run(inputs: readonly NumberArray[], outputs?: readonly NumberArray[]): readonly NumberArray[] {
    const backend = this.replayBackend();
    if (backend === null) return this.runEagerly(inputs, outputs);
    // No closures or iterators here: they would be the only objects that a step makes.
    const { plan } = this.entryForSizes(backend, inputs);
    for (let i = 0; i < inputs.length; i++) plan.inputView(i).set(inputs[i]!);
    plan.execute();
    if (outputs === undefined) return copyOutputs(plan);
    for (let i = 0; i < outputs.length; i++) outputs[i]!.set(plan.outputView(i));
    return outputs;
  }

  async runAsync(inputs: readonly NumberArray[], outputs?: readonly NumberArray[]): Promise<readonly NumberArray[]> {
    if (this.replayBackend() !== null) return this.run(inputs, outputs);
    const results = tidy(() => this.resultsOf(inputs));
    try {
      await fetchValues(results);
      return deliver(results, outputs);
    } finally {
      dispose(results);
    }
  }

  private runEagerly(inputs: readonly NumberArray[], outputs?: readonly NumberArray[]): readonly NumberArray[] {
    return inScope(() => deliver(this.resultsOf(inputs), outputs));
  }

  /** The function's tensors for plain numbers, as tensors of their own: it may return a variable. */
  private resultsOf(inputs: readonly NumberArray[]): Tensor[] {
    const specs = this.announcedFor(inputs);
    const tensors: Tensor[] = [];
    takeApart(this.fn(...inputs.map((data, i) => toTensor({ data, shape: specs[i]!.shape }))), tensors);
    return tensors.map((result) => clone(result));
  }

  prepare(specs: readonly InputSpec[]): void {
    this.announced.push(specs);
    const backend = this.replayBackend();
    if (backend !== null) this.announcedEntry(backend, specs);
  }

  private entryFor(backend: SimdBackend, specs: readonly InputSpec[], args: () => Tensor[]): Entry {
    const { last } = this;
    if (last !== null && last.backend === backend && sameSpecs(last.specs, specs) && !last.plan.isStale) return last;
    const key = keyOf(specs);
    let entry = this.plans.get(key);
    this.plans.delete(key);
    if (entry === undefined || entry.backend !== backend || entry.plan.isStale) {
      if (entry === this.last) this.last = null;
      entry?.plan.dispose();
      entry = this.compile(backend, specs, args);
    }
    this.plans.set(key, entry);
    this.last = entry;
    this.evict();
    return entry;
  }

  private compile(backend: SimdBackend, specs: readonly InputSpec[], args: () => Tensor[]): Entry {
    const plan = inScope(() => {
      // Copies: an argument may share its data with a variable.
      const tensors = args().map((arg) => ownCopy(backend, arg));
      const traced = trace(backend, this.fn, tensors);
      return new Plan(
        backend,
        traced,
        specs.map(({ shape }) => shape),
      );
    });
    return {
      backend,
      plan,
      specs: specs.map(({ shape, dtype }) => ({ shape: [...shape], dtype: dtype ?? 'float32' })),
    };
  }

  private evict(): void {
    for (const [key, { plan }] of this.plans) {
      if (this.plans.size <= this.maxPlans) return;
      plan.dispose();
      this.plans.delete(key);
    }
  }

  private entryForSizes(backend: SimdBackend, inputs: readonly NumberArray[]): Entry {
    const { last } = this;
    if (last !== null && last.backend === backend && fits(last.specs, inputs) && !last.plan.isStale) return last;
    return this.announcedEntry(backend, this.announcedFor(inputs));
  }

  private announcedEntry(backend: SimdBackend, specs: readonly InputSpec[]): Entry {
    return this.entryFor(backend, specs, () => zeros(specs));
  }

  private announcedFor(inputs: readonly NumberArray[]): readonly InputSpec[] {
    // Nothing has no shape that could be unknown.
    const known = [...[...this.plans.values()].map(({ specs }) => specs), ...this.announced, []];
    const found = known.find((specs) => fits(specs, inputs));
    if (found !== undefined) return found;
    const sizes = inputs.map((input) => input.length);
    throw new SkeinError('SHAPE', `run: no shapes are known for inputs of [${sizes}] numbers`, {
      details: { sizes, known: known.map(keyOf) },
      advice: 'give `compile` the option `inputs`, or call `prepare` with the shapes first',
    });
  }

  explain(): string {
    return [...this.plans.values()].map(({ plan }) => plan.explain()).join('\n\n');
  }

  profile(inputs: readonly NumberArray[], repeats: number = PROFILE_REPEATS): StepProfile[] {
    const backend = this.replayBackend();
    return backend === null ? [] : this.entryForSizes(backend, inputs).plan.profile(inputs, repeats);
  }

  dispose(): void {
    for (const { plan } of this.plans.values()) plan.dispose();
    this.plans.clear();
    this.last = null;
  }
}

/** Copies values into `outputs`, or gives them as they are. */
function deliver(results: readonly Tensor[], outputs?: readonly NumberArray[]): readonly NumberArray[] {
  const values = results.map((result) => result.dataSync() as NumberArray);
  if (outputs === undefined) return values;
  for (const [i, output] of outputs.entries()) output.set(values[i]!);
  return outputs;
}

function copyOutputs(plan: Plan): NumberArray[] {
  return plan.outputs.map((_, i) => plan.outputView(i).slice());
}

function sameSpecs(a: readonly InputSpec[], b: readonly InputSpec[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x.dtype !== (y.dtype ?? 'float32') || !util.arraysEqual(x.shape as number[], y.shape as number[])) return false;
  }
  return true;
}

/** Whether arrays have the types and sizes of these specs. */
function fits(specs: readonly InputSpec[], inputs: readonly NumberArray[]): boolean {
  if (specs.length !== inputs.length) return false;
  for (let i = 0; i < inputs.length; i++) {
    const { shape, dtype } = specs[i]!;
    if ((dtype ?? 'float32') !== dtypeOf(inputs[i]!)) return false;
    let size = 1;
    for (let d = 0; d < shape.length; d++) size *= shape[d]!;
    if (size !== inputs[i]!.length) return false;
  }
  return true;
}

function zeros(specs: readonly InputSpec[]): Tensor[] {
  return specs.map(({ shape, dtype }) => {
    const size = util.sizeFromShape(shape as number[]);
    return tensor(new Float32Array(size), shape as number[], dtype ?? 'float32');
  });
}

function ownCopy(backend: SimdBackend, source: Tensor): Tensor {
  const info = backend.allocate(source.shape, source.dtype);
  const from = backend.buffer(source);
  const { address } = backend.buffer(info);
  backend.memoryBlocks.u8.copyWithin(address, from.address, from.address + from.bytes);
  return engine().makeTensorFromTensorInfo(info, backend);
}

function writeInput(backend: SimdBackend, plan: Plan, i: number, input: Tensor | ArrayInput): void {
  if (!(input instanceof Tensor)) {
    plan.inputView(i).set(input.data);
    return;
  }
  const from = backend.buffer(input);
  const { address } = plan.inputs[i]!.buffer;
  backend.memoryBlocks.u8.copyWithin(address, from.address, from.address + from.bytes);
}

/** The results as tensors with data of their own. */
function readOutputs(backend: SimdBackend, plan: Plan): Tensor[] {
  return plan.outputs.map(({ buffer, shape }) => {
    const info = backend.allocate(shape, buffer.dtype);
    const { address } = backend.buffer(info);
    backend.memoryBlocks.u8.copyWithin(address, buffer.address, buffer.address + buffer.bytes);
    return engine().makeTensorFromTensorInfo(info, backend);
  });
}
