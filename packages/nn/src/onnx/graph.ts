/** An ONNX graph while it is built: nodes in order of execution, weights, inputs and outputs (onnx.proto, IR version 8). */

import { Message } from './protobuf.ts';

/** Values of TensorProto.DataType. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7 } as const;
export type Element = keyof typeof ELEMENT;

/** Values of AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, integer: 2, string: 3, floats: 6, integers: 7, strings: 8 } as const;

/** An attribute of a node: integers are given as such, other numbers as `{ float }` and `{ floats }`. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** Dimensions of a value; null is one that a run decides, as the batch is. */
export type Shape = readonly (number | null)[];

const IR_VERSION = 8;
/** The operator set: the first with LayerNormalization. */
export const OPSET = 17;

function attribute(name: string, value: Attribute): Message {
  const message = new Message().bytes(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE.integer);
  if (typeof value === 'string') return message.bytes(4, value).integer(20, ATTRIBUTE.string);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE.float);
  if ('floats' in value) {
    for (const item of value.floats) message.float(7, item);
    return message.integer(20, ATTRIBUTE.floats);
  }
  for (const item of value) typeof item === 'string' ? message.bytes(9, item) : message.integer(8, item);
  return message.integer(20, typeof value[0] === 'string' ? ATTRIBUTE.strings : ATTRIBUTE.integers);
}

/** A ValueInfoProto. The first dimension is the batch; others that are open have names of their own. */
function valueInfo(name: string, element: Element, shape: Shape): Message {
  const dimensions = new Message();
  for (const [axis, size] of shape.entries()) {
    const open = axis === 0 ? 'batch' : `${name}_${axis}`;
    dimensions.bytes(1, size === null ? new Message().bytes(2, open) : new Message().integer(1, size));
  }
  const tensor = new Message().integer(1, ELEMENT[element]).bytes(2, dimensions);
  return new Message().bytes(1, name).bytes(2, new Message().bytes(1, tensor));
}

/** Builds a graph; every method that makes a value returns its name. */
export class Graph {
  private readonly nodes: Message[] = [];
  private readonly constants = new Map<string, Message>();
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private count = 0;

  input(name: string, element: Element, shape: Shape): string {
    this.inputs.push(valueInfo(name, element, shape));
    return name;
  }

  output(value: string, name: string, shape: Shape): void {
    this.nodes.push(new Message().bytes(1, value).bytes(2, name).bytes(3, name).bytes(4, 'Identity'));
    this.outputs.push(valueInfo(name, 'float32', shape));
  }

  /** A node with one output. An input that is left out is an empty name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.multiple(operator, inputs, 1, attributes)[0]!;
  }

  /** A node with several outputs. */
  multiple(operator: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): string[] {
    const name = `${operator}_${this.count++}`;
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    const message = new Message();
    for (const input of inputs) message.bytes(1, input);
    for (const output of names) message.bytes(2, output);
    message.bytes(3, name).bytes(4, operator);
    for (const [key, value] of Object.entries(attributes)) message.bytes(5, attribute(key, value));
    this.nodes.push(message);
    return names;
  }

  /** A value with its dimensions in another order. */
  transpose(x: string, perm: readonly number[]): string {
    return perm.every((axis, i) => axis === i) ? x : this.node('Transpose', [x], { perm });
  }

  /** A value with dimensions of one put in at these places of the result. */
  unsqueeze(x: string, axes: readonly number[]): string {
    return axes.length === 0 ? x : this.node('Unsqueeze', [x, this.integers(axes)]);
  }

  /** A value without these dimensions, which are one. */
  squeeze(x: string, axes: readonly number[]): string {
    return axes.length === 0 ? x : this.node('Squeeze', [x, this.integers(axes)]);
  }

  /** A part of a value: from `starts` up to `ends` along `axes`, in steps. Places beyond the end are the end. */
  slice(x: string, axes: number[], starts: number[], ends: number[], steps: number[] = axes.map(() => 1)): string {
    return this.node('Slice', [x, ...[starts, ends, axes, steps].map((list) => this.integers(list))]);
  }

  /** A constant of floats; one of this name is written once. */
  floats(name: string, shape: readonly number[], values: Float32Array): string {
    return this.constant(name, 'float32', shape, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  /** A scalar constant. */
  scalar(value: number): string {
    return this.floats(`scalar_${value}`, [], Float32Array.of(value));
  }

  /** A list of 64-bit integers. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant(`integers_${values.join('_')}`, 'int64', [values.length], new Uint8Array(data.buffer));
  }

  private constant(name: string, element: Element, shape: readonly number[], bytes: Uint8Array): string {
    if (!this.constants.has(name)) {
      const tensor = new Message();
      for (const size of shape) tensor.integer(1, size);
      this.constants.set(name, tensor.integer(2, ELEMENT[element]).bytes(8, name).bytes(9, bytes));
    }
    return name;
  }

  /** The file's bytes (ModelProto). */
  encode(name: string): Uint8Array {
    const graph = new Message();
    for (const node of this.nodes) graph.bytes(1, node);
    graph.bytes(2, name);
    for (const constant of this.constants.values()) graph.bytes(5, constant);
    for (const input of this.inputs) graph.bytes(11, input);
    for (const output of this.outputs) graph.bytes(12, output);
    const operators = new Message().bytes(1, '').integer(2, OPSET);
    return new Message().integer(1, IR_VERSION).bytes(2, 'skein').bytes(7, graph).bytes(8, operators).encode();
  }
}
