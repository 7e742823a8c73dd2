/**
 * Plans: a simplified trace with fixed addresses, encoded as a program in WebAssembly memory. A run brings variables
 * home, rewrites live parameters and makes one call per run of kernels (one in all, unless a step runs in JavaScript).
 */

import { SkeinError } from '@skein/core';
import { type Buffer, floatBits, type SimdBackend } from '../simd/backend.ts';
import { describeStep, type StepCost, stepCost, stepTitle } from './describe.ts';
import { fuse } from './fuse.ts';
import { simplify } from './graph.ts';
import { countIteration, type OptimizerUse, rateChanged } from './optimizers.ts';
import { recognisePatterns } from './patterns.ts';
import { packTemporaries, type Schedule, schedule } from './placement.ts';
import type { Structure } from './structure.ts';
import type { Trace, TraceStep } from './trace.ts';
import { acquireHome, bringHome, type Home, isHome, releaseHome } from './variables.ts';

/** Numbers of a float32, int32 or bool tensor. */
export type NumberArray = Float32Array | Int32Array | Uint8Array;

/** A block that a plan reads its input from or leaves its output in. */
export interface Slot {
  readonly buffer: Buffer;
  readonly shape: readonly number[];
}

type KernelStep = TraceStep & { kind: 'kernel' };

type Segment =
  | { readonly kind: 'program'; readonly start: number; readonly end: number; readonly parts: readonly Part[] }
  | { readonly kind: 'host'; readonly replay: () => void; readonly step: TraceStep };

/** An instruction of a program: the address after it, and its step. */
interface Part {
  readonly end: number;
  readonly step: TraceStep;
}

/** Kernel and sizes of a step, what it costs, and the shortest time that it took in milliseconds. */
export interface StepProfile extends StepCost {
  readonly name: string;
  readonly ms: number;
}

/** A number outside of the plan and the words that follow it. */
interface LiveNumber {
  readonly owner: Readonly<Record<string, number>>;
  readonly field: string;
  readonly words: number[];
  value: number;
}

/** What a plan consists of, for explanations and tests. */
export interface PlanStatistics {
  readonly steps: number;
  readonly hostSteps: number;
  readonly temporaryBytes: number;
  readonly constantBytes: number;
  readonly variables: number;
}

/** A compiled function for one set of input shapes. */
export class Plan {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  readonly structure: Structure;
  readonly statistics: PlanStatistics;
  private readonly backend: SimdBackend;
  private readonly steps: readonly TraceStep[];
  private readonly homes: Home[] = [];
  private readonly captured: Buffer[] = [];
  private readonly optimizers: readonly OptimizerUse[];
  private readonly segments: Segment[] = [];
  private readonly live: LiveNumber[] = [];
  /** Blocks that the plan owns. */
  private readonly blocks: { readonly address: number; readonly bytes: number }[] = [];
  private readonly places = new Map<Buffer, Buffer>();
  private views: NumberArray[] = [];
  private generation = -1;

  constructor(backend: SimdBackend, traced: Trace, inputShapes: readonly (readonly number[])[]) {
    this.backend = backend;
    const trace = fuse(backend, recognisePatterns(backend, simplify(traced)));
    const plan = schedule(trace, backend.kernel('copy'));
    this.steps = plan.steps;
    this.structure = trace.structure;
    this.optimizers = trace.optimizers;
    const bytes = this.place(trace, plan);
    this.inputs = trace.inputs.map((buffer, i) => ({ buffer: this.placed(buffer), shape: inputShapes[i]! }));
    this.outputs = plan.outputs.map((buffer, i) => ({
      buffer: this.placed(buffer),
      shape: trace.outputs[i]!.shape,
    }));
    this.encode(plan);
    this.statistics = {
      steps: this.steps.length,
      hostSteps: this.steps.filter(({ kind }) => kind === 'host').length,
      ...bytes,
      variables: this.homes.length,
    };
  }

  /** Whether a frozen learning rate has changed, so that the function must be traced again. */
  get isStale(): boolean {
    for (let i = 0; i < this.optimizers.length; i++) if (rateChanged(this.optimizers[i]!)) return true;
    return false;
  }

  private own(bytes: number): number {
    const address = this.backend.memoryBlocks.allocate(bytes);
    this.blocks.push({ address, bytes });
    return address;
  }

  private placed(buffer: Buffer): Buffer {
    return this.places.get(buffer)!;
  }

  private put(buffer: Buffer, address: number): void {
    this.places.set(buffer, { dtype: buffer.dtype, bytes: buffer.bytes, address, refCount: 1 });
  }

  /** Gives every buffer an address. */
  private place(trace: Trace, plan: Schedule): { temporaryBytes: number; constantBytes: number } {
    const used = usedBuffers(plan);
    const homes = this.acquireHomes(trace, plan, used);
    for (const [buffer, variable] of trace.variables) {
      const home = homes.get(variable.id);
      if (home !== undefined) this.put(buffer, home.address);
    }
    for (const [buffer, variable] of plan.inPlace) this.put(buffer, homes.get(variable.id)!.address);
    const constantBytes = this.placeConstants(trace, used);
    const produced = new Set(plan.steps.flatMap(({ outputs }) => outputs));
    this.placeCaptured(used, new Set([...produced, ...trace.inputs]));
    const arena = packTemporaries(plan, trace.inputs, (buffer) => !this.places.has(buffer));
    const start = this.own(arena.bytes);
    for (const [buffer, offset] of arena.offsets) this.put(buffer, start + offset);
    return { temporaryBytes: arena.bytes, constantBytes };
  }

  private acquireHomes(trace: Trace, plan: Schedule, used: ReadonlySet<Buffer>): Map<number, Home> {
    const written = new Set([...plan.inPlace.values(), ...plan.finalCopies.map(({ variable }) => variable)]);
    const homes = new Map<number, Home>();
    for (const [buffer, variable] of trace.variables) {
      if (!used.has(buffer) && !written.has(variable)) continue;
      const home = acquireHome(this.backend, variable);
      homes.set(variable.id, home);
      this.homes.push(home);
    }
    return homes;
  }

  private placeConstants(trace: Trace, used: ReadonlySet<Buffer>): number {
    let total = 0;
    for (const [buffer, content] of trace.constants) {
      if (!used.has(buffer)) continue;
      const address = this.own(buffer.bytes);
      this.backend.memoryBlocks.u8.set(content, address);
      this.put(buffer, address);
      total += buffer.bytes;
    }
    return total;
  }

  /** Tensors from outside of the function that are neither arguments nor variables stay where they are. */
  private placeCaptured(used: ReadonlySet<Buffer>, produced: ReadonlySet<Buffer>): void {
    for (const buffer of used) {
      if (this.places.has(buffer) || produced.has(buffer)) continue;
      this.captured.push(buffer);
      this.places.set(buffer, buffer);
    }
  }

  private encode(plan: Schedule): void {
    const copy = this.backend.kernel('copy');
    const copies = plan.finalCopies.map(({ from, variable }): KernelStep => {
      const home = this.homes.find((candidate) => candidate.variable === variable)!;
      const { address, bytes } = home;
      const to: Buffer = { dtype: from.dtype, bytes, address, refCount: 1 };
      this.places.set(to, to);
      return { kind: 'kernel', kernel: copy, outputs: [to], inputs: [from], params: [bytes] };
    });
    const pending: KernelStep[] = [];
    const flush = () => {
      if (pending.length > 0) this.addProgram(pending.splice(0));
    };
    for (const step of [...plan.steps, ...copies]) {
      if (step.kind === 'host') {
        flush();
        this.addHost(step);
      } else if (step.outputs.some(({ bytes }) => bytes > 0)) {
        pending.push(step);
      }
    }
    flush();
  }

  private instruction(step: KernelStep): number[] {
    const outputs = step.outputs.map((output) => this.placed(output).address);
    const inputs = step.inputs.map((input) => (input === null ? 0 : this.placed(input).address));
    const operands = [...outputs, ...inputs, ...step.params];
    return [step.kernel.index, (operands.length + 2) * 4, ...operands];
  }

  private addProgram(steps: readonly KernelStep[]): void {
    const instructions = steps.map((step) => this.instruction(step));
    const start = this.own(instructions.reduce((bytes, words) => bytes + words.length * 4, 0));
    const parts: Part[] = [];
    let end = start;
    for (const [i, step] of steps.entries()) {
      const words = instructions[i]!;
      this.backend.memoryBlocks.i32.set(words, end >>> 2);
      const first = (end >>> 2) + 2 + step.outputs.length + step.inputs.length;
      for (const { index, owner, field } of step.live ?? []) this.follow(owner, field, first + index);
      end += words.length * 4;
      parts.push({ end, step });
    }
    this.segments.push({ kind: 'program', start, end, parts });
  }

  /** Keeps a word equal to a field of an object; fields are read once per run however many words follow them. */
  private follow(owner: object, field: string, word: number): void {
    let live = this.live.find((known) => known.owner === owner && known.field === field);
    if (live === undefined) {
      const numbers = owner as Readonly<Record<string, number>>;
      live = { owner: numbers, field, words: [], value: numbers[field]! };
      this.live.push(live);
    }
    live.words.push(word);
  }

  private addHost(step: TraceStep & { kind: 'host' }): void {
    const inputs = step.inputs.map((input) => this.placed(input));
    const outputs = step.outputs.map((output) => this.placed(output));
    this.segments.push({ kind: 'host', replay: () => step.replay(inputs, outputs), step });
  }

  /** Runs the plan on the inputs that were put into its slots. */
  execute(): void {
    this.prepare();
    for (let i = 0; i < this.segments.length; i++) {
      const segment = this.segments[i]!;
      if (segment.kind === 'program') this.backend.module.run(segment.start, segment.end);
      else segment.replay();
    }
    for (let i = 0; i < this.optimizers.length; i++) countIteration(this.optimizers[i]!);
  }

  /** Runs the plan so often on these inputs, step by step, and tells what each step cost. */
  profile(inputs: readonly NumberArray[], repeats: number): StepProfile[] {
    const profiles = new Map<TraceStep, StepProfile>();
    const timed = (step: TraceStep, run: () => void) => {
      const start = performance.now();
      run();
      const ms = Math.min(performance.now() - start, profiles.get(step)?.ms ?? Number.POSITIVE_INFINITY);
      profiles.set(step, { name: stepTitle(step), ms, ...stepCost(step) });
    };
    for (let i = 0; i < repeats; i++) {
      for (const [j, values] of inputs.entries()) this.inputView(j).set(values);
      this.prepare();
      for (const segment of this.segments) this.runTimed(segment, timed);
      for (const use of this.optimizers) countIteration(use);
    }
    return [...profiles.values()];
  }

  private runTimed(segment: Segment, timed: (step: TraceStep, run: () => void) => void): void {
    if (segment.kind === 'host') {
      timed(segment.step, segment.replay);
      return;
    }
    let { start } = segment;
    for (const { end, step } of segment.parts) {
      const from = start;
      timed(step, () => this.backend.module.run(from, end));
      start = end;
    }
  }

  /** Brings variables home, checks that nothing that the plan reads has gone, and renews live parameters. */
  private prepare(): void {
    for (let i = 0; i < this.homes.length; i++) {
      const home = this.homes[i]!;
      if (!isHome(home)) bringHome(this.backend, home);
    }
    for (let i = 0; i < this.captured.length; i++) if (this.captured[i]!.refCount === 0) throw disposedCapture();
    for (let i = 0; i < this.live.length; i++) this.rewrite(this.live[i]!);
  }

  private rewrite(live: LiveNumber): void {
    const value = live.owner[live.field]!;
    if (value === live.value) return;
    live.value = value;
    for (const word of live.words) this.backend.memoryBlocks.i32[word] = floatBits(value);
  }

  /** Views of the slots, inputs first; valid until memory grows. */
  private slots(): NumberArray[] {
    const { generation } = this.backend.memoryBlocks;
    if (generation !== this.generation) {
      this.generation = generation;
      this.views = [...this.inputs, ...this.outputs].map(({ buffer }) => this.backend.values(buffer));
    }
    return this.views;
  }

  inputView(i: number): NumberArray {
    return this.slots()[i]!;
  }

  outputView(i: number): NumberArray {
    return this.slots()[this.inputs.length + i]!;
  }

  /** One line per step and a summary: what runs, on how many bytes, with how many operations. */
  explain(): string {
    const { steps, hostSteps, temporaryBytes, constantBytes, variables } = this.statistics;
    const shapes = this.inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
    const lines = this.steps.map((step, i) => `${String(i).padStart(4)}  ${describeStep(step)}`);
    return [
      `plan for ${shapes === '' ? 'no arguments' : shapes}: ${steps} steps, ${hostSteps} in JavaScript, ` +
        `${variables} variables, ${temporaryBytes} bytes of temporaries, ${constantBytes} bytes of constants`,
      ...lines,
    ].join('\n');
  }

  /** Gives the plan's memory back. */
  dispose(): void {
    for (const { address, bytes } of this.blocks.splice(0)) this.backend.memoryBlocks.release(address, bytes);
    for (const home of this.homes.splice(0)) releaseHome(this.backend, home);
  }
}

function usedBuffers(plan: Schedule): Set<Buffer> {
  const used = new Set<Buffer>([...plan.outputs, ...plan.finalCopies.map(({ from }) => from)]);
  for (const step of plan.steps) for (const input of step.inputs) if (input !== null) used.add(input);
  return used;
}

function disposedCapture(): SkeinError {
  return new SkeinError('COMPILE', 'a tensor that a compiled function captured was disposed', {
    advice: 'keep captured tensors alive as long as the function (tf.keep), or pass them as arguments',
  });
}
