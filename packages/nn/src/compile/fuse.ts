/**
 * Fusion of steps. A bias and a rectifier go into the matrix product before them; constants with one value become
 * operands of the instruction; element-wise steps join the step that alone reads their result, so that a chain is one
 * pass over memory.
 */

import type { Buffer, SimdBackend } from '../simd/backend.ts';
import { programStep } from '../simd/elementwise.ts';
import { elementBytes, type Layout, type Node, type Program, ProgramBuilder } from '../simd/program.ts';
import { countReaders } from './graph.ts';
import type { Trace, TraceStep } from './trace.ts';

type KernelStep = TraceStep & { readonly kind: 'kernel' };
/** An element-wise step that may be merged. */
type ElementStep = KernelStep & { readonly program: Program; readonly layout: Layout };

/** Programs stop growing here: beyond it, values no longer fit into registers. */
const MOST_NODES = 40;
const MOST_INPUTS = 10;

function isElementwise(step: TraceStep | undefined): step is ElementStep {
  return step?.kind === 'kernel' && step.program !== undefined && step.layout !== undefined;
}

function isMergeable(step: TraceStep | undefined): step is ElementStep {
  return isElementwise(step) && (step.live?.length ?? 0) === 0 && step.outputs.length === 1;
}

/** The only operation of a program beside constants, or null. */
function onlyNode({ nodes }: Program): Node | null {
  const operations = nodes.filter(({ op }) => op !== 'const');
  return operations.length === 1 ? operations[0]! : null;
}

/** The value of a constant argument, or null. */
function constantValue(program: Program, value: number): number | null {
  const node = program.nodes[value - program.inputs.length];
  return node?.op === 'const' ? program.constants[node.args[0]!]! : null;
}

/** Whether a step is max(x, 0). */
function isRelu(step: ElementStep): boolean {
  const node = onlyNode(step.program);
  return node?.op === 'max' && node.args[0] === 0 && constantValue(step.program, node.args[1]!) === 0;
}

/** Whether a step is tfjs's derivative of relu: 1 above 0, 0 below, NaN kept. */
function isReluStep({ program }: ElementStep): boolean {
  const shape = program.nodes.filter(({ op }) => op !== 'const').map(({ op }) => op);
  return shape.join() === 'gt,select,isNaN,select' && program.constants.join() === '0,1';
}

/**
 * The derivative of relu is the same at relu's result as at its argument. Reading the result instead leaves the
 * argument with one reader, so that it need not exist.
 */
function readReluResults(steps: readonly TraceStep[]): TraceStep[] {
  const results = new Map<Buffer, Buffer>();
  for (const step of steps) {
    if (isMergeable(step) && isRelu(step)) results.set(step.inputs[0]!, step.outputs[0]!);
  }
  return steps.map((step) => {
    const result = isMergeable(step) && isReluStep(step) ? results.get(step.inputs[0]!) : undefined;
    return result === undefined ? step : ({ ...step, inputs: [result] } as TraceStep);
  });
}

/** Index of the bias among the inputs of `product + bias`, or -1. */
function biasInput(step: ElementStep, product: Buffer, columns: number): number {
  const { program, layout, inputs } = step;
  if (onlyNode(program)?.op !== 'add' || inputs.length !== 2 || inputs[0] === inputs[1]) return -1;
  const at = inputs.indexOf(product);
  if (at < 0 || product.bytes !== step.outputs[0]!.bytes) return -1;
  const bias = 1 - at;
  const walks = layout.access[0] === 'each' && layout.access[1] === 'each' && layout.inner === columns;
  const repeats = layout.rows === 1 || layout.rowStrides[1 + bias] === 0;
  return walks && repeats && inputs[bias]!.bytes === columns * 4 ? bias : -1;
}

/** Puts `+ bias` and relu into the products that they follow. */
function fuseIntoProducts(trace: Trace, steps: readonly TraceStep[]): TraceStep[] {
  const readers = countReaders(trace, steps);
  const producers = new Map<Buffer, number>();
  const result: (TraceStep | null)[] = [];
  for (const step of steps) {
    let next: TraceStep = step;
    if (isMergeable(step)) {
      for (const input of new Set(step.inputs)) {
        const at = producers.get(input!);
        const product = at === undefined ? null : result[at]!;
        if (product?.kind !== 'kernel' || readers.get(input!)!.size !== 1) continue;
        const fused = epilogue(product, step, input!);
        if (fused === null) continue;
        result[at!] = null;
        next = fused;
        break;
      }
    }
    if (next.kind === 'kernel' && next.kernel.name === 'matmul') producers.set(next.outputs[0]!, result.length);
    result.push(next);
  }
  return result.filter((step) => step !== null);
}

/** Position of the activation among a product's parameters. */
const ACTIVATION = 8;

/** The product with this step as its epilogue, or null. */
function epilogue(product: KernelStep, step: ElementStep, result: Buffer): KernelStep | null {
  if (product.params[ACTIVATION] !== 0) return null;
  const outputs = [step.outputs[0]!, ...product.outputs.slice(1)];
  if (isRelu(step)) {
    return { ...product, outputs, params: product.params.with(ACTIVATION, 1) };
  }
  const bias = product.inputs[2] === null ? biasInput(step, result, product.params[2]!) : -1;
  if (bias < 0) return null;
  return { ...product, outputs, inputs: product.inputs.with(2, step.inputs[bias]!) };
}

/** The one value of a float32 constant, or null. */
function uniformValue(content: Uint8Array, buffer: Buffer): number | null {
  if (buffer.dtype !== 'float32' || buffer.bytes === 0) return null;
  const values = new Float32Array(content.buffer, content.byteOffset, buffer.bytes / 4);
  return values.every((x) => Object.is(x, values[0])) ? values[0]! : null;
}

/** Replaces inputs that are constants of one value by constants of the program. */
function inlineConstants(backend: SimdBackend, trace: Trace, step: TraceStep): TraceStep {
  if (!isMergeable(step)) return step;
  const values = step.inputs.map((input) => {
    const content = trace.constants.get(input!);
    return content === undefined ? null : uniformValue(content, input!);
  });
  if (values.every((value) => value === null)) return step;
  return mergePrograms(backend, step, (index) => {
    const value = values[index]!;
    return value === null ? null : { kind: 'constant', value };
  });
}

/** What an input of a program is replaced by. */
type Substitute =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'step'; readonly step: ElementStep; readonly layout: Layout };

/** An input of a merged program: its buffer and how it is walked. */
interface Operand {
  readonly buffer: Buffer;
  readonly access: Layout['access'][number];
  readonly stride: number;
}

function operandsOf({ inputs, program }: ElementStep, layout: Layout): Operand[] {
  const first = program.outputs.length;
  return inputs.map((buffer, i) => ({
    buffer: buffer!,
    access: layout.access[i]!,
    stride: layout.rowStrides[first + i]!,
  }));
}

/** Rewrites a step's program with some inputs substituted; `layout` is the step's (perhaps split) layout. */
function mergePrograms(
  backend: SimdBackend,
  step: ElementStep,
  substitute: (input: number) => Substitute | null,
  layout: Layout = step.layout,
): ElementStep {
  const substitutes = step.inputs.map((_, i) => substitute(i));
  const operands: Operand[] = [];
  const place = (operand: Operand) => {
    const known = operands.findIndex(
      ({ buffer, access, stride }) =>
        buffer === operand.buffer && access === operand.access && stride === operand.stride,
    );
    return known >= 0 ? known : operands.push(operand) - 1;
  };
  const own = operandsOf(step, layout);
  const sources = substitutes.map((sub, i) => {
    if (sub === null) return [place(own[i]!)];
    return sub.kind === 'step' ? operandsOf(sub.step, sub.layout).map(place) : [];
  });
  const builder = new ProgramBuilder(operands.map(({ buffer }) => buffer.dtype as 'float32'));
  const values = substitutes.map((sub, i) => {
    if (sub === null) return sources[i]![0]!;
    if (sub.kind === 'constant') return builder.constant(sub.value);
    return append(builder, sub.step.program, sources[i]!)[0]!;
  });
  const outputs = append(builder, step.program, values);
  const program = builder.build(step.program.outputs.map(({ dtype }, i) => ({ value: outputs[i]!, dtype })));
  const merged: Layout = {
    ...layout,
    access: operands.map(({ access }) => access),
    rowStrides: [...layout.rowStrides.slice(0, program.outputs.length), ...operands.map(({ stride }) => stride)],
  };
  return {
    ...step,
    ...programStep(backend, program, merged),
    inputs: operands.map(({ buffer }) => buffer),
  } as ElementStep;
}

/** Adds a program's nodes with its inputs given as values; returns the values of its outputs. */
function append(builder: ProgramBuilder, program: Program, inputs: readonly number[]): number[] {
  const values = [...inputs];
  for (const { op, args } of program.nodes) {
    const value =
      op === 'const'
        ? builder.constant(program.constants[args[0]!]!)
        : builder.op(op, ...args.map((arg) => values[arg]!));
    values.push(value);
  }
  return program.outputs.map(({ value }) => values[value]!);
}

/** A layout that walks everything in one row, walked in rows of `inner` instead. */
function splitLayout(layout: Layout, program: Program, rows: number, inner: number): Layout | null {
  if (layout.rows === rows && layout.inner === inner) return layout;
  if (layout.rows !== 1 || layout.inner !== rows * inner) return null;
  const types = [...program.outputs.map(({ dtype }) => dtype), ...program.inputs];
  const first = program.outputs.length;
  return {
    rows,
    inner,
    access: layout.access,
    rowStrides: types.map((dtype, i) =>
      i >= first && layout.access[i - first] === 'row' ? 0 : inner * elementBytes(dtype),
    ),
  };
}

/** A producer with one result per row of its reader: everything it reads is read once per row. */
function perRowLayout(producer: ElementStep, stride: number, rows: number): Layout | null {
  const { layout, program } = producer;
  if (layout.rows !== 1) return null;
  const scalar = stride === 0;
  if (layout.inner !== (scalar ? 1 : rows)) return null;
  const strides = program.inputs.map((dtype, i) => (scalar || layout.access[i] === 'row' ? 0 : elementBytes(dtype)));
  return {
    ...layout,
    access: program.inputs.map(() => 'row'),
    rowStrides: [...layout.rowStrides.slice(0, 1), ...strides],
  };
}

/** The reader's and the producer's layouts for one pass, or null when they do not fit. */
function commonLayouts(producer: ElementStep, reader: ElementStep): { reader: Layout; producer: Layout } | null {
  const result = producer.outputs[0]!;
  const positions = reader.inputs.flatMap((input, i) => (input === result ? [i] : []));
  const first = reader.program.outputs.length;
  const stride = (layout: Layout) => layout.rowStrides[first + positions[0]!]!;
  const element = elementBytes(producer.program.outputs[0]!.dtype);
  if (positions.every((i) => reader.layout.access[i] === 'row')) {
    const alike = positions.every((i) => reader.layout.rowStrides[first + i] === stride(reader.layout));
    const own = stride(reader.layout);
    const walked = own === 0 || own === element;
    const per = alike && walked ? perRowLayout(producer, own, reader.layout.rows) : null;
    return per === null ? null : { reader: reader.layout, producer: per };
  }
  const { rows, inner } = producer.layout.rows > 1 ? producer.layout : reader.layout;
  const readerLayout = splitLayout(reader.layout, reader.program, rows, inner);
  const producerLayout = splitLayout(producer.layout, producer.program, rows, inner);
  if (readerLayout === null || producerLayout === null) return null;
  const contiguous = (layout: Layout) =>
    positions.every(
      (i) => layout.access[i] === 'each' && (rows === 1 || layout.rowStrides[first + i] === inner * element),
    );
  return contiguous(readerLayout) ? { reader: readerLayout, producer: producerLayout } : null;
}

function fits(producer: ElementStep, reader: ElementStep): boolean {
  const nodes = producer.program.nodes.length + reader.program.nodes.length;
  return nodes <= MOST_NODES && producer.inputs.length + reader.inputs.length <= MOST_INPUTS;
}

/** Merges element-wise steps into their only readers. */
function mergeChains(backend: SimdBackend, trace: Trace, steps: readonly TraceStep[]): TraceStep[] {
  const readers = countReaders(trace, steps);
  const producers = new Map<Buffer, number>();
  const result: (TraceStep | null)[] = [];
  for (const original of steps) {
    let step = original;
    for (const input of new Set(original.inputs)) {
      const at = input === null ? undefined : producers.get(input);
      const producer = at === undefined ? undefined : result[at]!;
      if (!isMergeable(step) || !isMergeable(producer ?? undefined) || readers.get(input!)!.size !== 1) continue;
      const merged = mergeInto(backend, producer as ElementStep, step);
      if (merged === null) continue;
      result[at!] = null;
      step = merged;
    }
    for (const output of step.outputs) producers.set(output, result.length);
    result.push(step);
  }
  return result.filter((step) => step !== null);
}

function mergeInto(backend: SimdBackend, producer: ElementStep, reader: ElementStep): ElementStep | null {
  if (!fits(producer, reader)) return null;
  const layouts = commonLayouts(producer, reader);
  if (layouts === null) return null;
  const substitute = (i: number): Substitute | null =>
    reader.inputs[i] === producer.outputs[0] ? { kind: 'step', step: producer, layout: layouts.producer } : null;
  return mergePrograms(backend, reader, substitute, layouts.reader);
}

/** Fuses the steps of a simplified trace. */
export function fuse(backend: SimdBackend, trace: Trace): Trace {
  const inlined = trace.steps.map((step) => inlineConstants(backend, trace, step));
  const products = fuseIntoProducts(trace, readReluResults(inlined));
  return { ...trace, steps: mergeChains(backend, trace, products) };
}
