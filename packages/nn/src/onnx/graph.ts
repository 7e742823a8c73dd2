/** An ONNX graph while it is built: nodes in order of execution, weights, inputs and outputs (onnx.proto, IR version 8). */

import { Message } from './protobuf.ts';

/** Values of TensorProto.DataType. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7 } as const;
export type Element = keyof typeof ELEMENT;

/** Values of AttributeProto.AttributeType with the field that holds each. */
const ATTRIBUTE = { float: 1, integer: 2, string: 3, integers: 7 } as const;

/** An attribute of a node: integers are given as such, other numbers as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

const IR_VERSION = 8;
/** The operator set: the first with LayerNormalization. */
export const OPSET = 17;

function attribute(name: string, value: Attribute): Message {
  const message = new Message().bytes(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE.integer);
  if (typeof value === 'string') return message.bytes(4, value).integer(20, ATTRIBUTE.string);
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, ATTRIBUTE.integers);
}

/** A ValueInfoProto; dimensions that are null are the batch's. */
function valueInfo(name: string, element: Element, shape: readonly (number | null)[]): Message {
  const dimensions = new Message();
  for (const size of shape) {
    dimensions.bytes(1, size === null ? new Message().bytes(2, 'batch') : new Message().integer(1, size));
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

  input(name: string, element: Element, shape: readonly (number | null)[]): string {
    this.inputs.push(valueInfo(name, element, shape));
    return name;
  }

  output(value: string, name: string, shape: readonly (number | null)[]): void {
    this.nodes.push(new Message().bytes(1, value).bytes(2, name).bytes(3, name).bytes(4, 'Identity'));
    this.outputs.push(valueInfo(name, 'float32', shape));
  }

  /** A node with one output. */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = `${operator}_${this.count++}`;
    const message = new Message();
    for (const input of inputs) message.bytes(1, input);
    message.bytes(2, name).bytes(3, name).bytes(4, operator);
    for (const [key, value] of Object.entries(attributes)) message.bytes(5, attribute(key, value));
    this.nodes.push(message);
    return name;
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
