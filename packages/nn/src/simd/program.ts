/**
 * Element-wise programs: what a generated kernel computes at every index. A program is a list of nodes over inputs;
 * single tfjs kernels are programs of one node, and fusion merges programs into longer ones.
 */

import { createHash } from 'node:crypto';

/** Types that numbers have in memory. In a register, `bool` is the integer 0 or 1. */
export type ElementType = 'float32' | 'int32' | 'bool';

/** Operations by the type of their operands. Names follow tfjs's kernels where one exists. */
export type FloatUnary =
  | 'abs'
  | 'ceil'
  | 'exp'
  | 'expm1'
  | 'floor'
  | 'log'
  | 'log1p'
  | 'neg'
  | 'round'
  | 'sigmoid'
  | 'softplus'
  | 'sqrt'
  | 'tanh'
  | 'toBool'
  | 'toInt'
  | 'isNaN'
  | 'isInf'
  | 'isFinite'
  | 'flush'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'asinh'
  | 'acosh'
  | 'atanh';
export type FloatBinary =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'max'
  | 'min'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'pow'
  | 'atan2'
  | 'mod';
export type IntOperation =
  | 'toFloat'
  | 'intToBool'
  | 'intNeg'
  | 'intAbs'
  | 'intAdd'
  | 'intSub'
  | 'intMul'
  | 'intMax'
  | 'intMin'
  | 'intEq'
  | 'intNe'
  | 'intLt'
  | 'intLe'
  | 'intGt'
  | 'intGe'
  | 'and'
  | 'or'
  | 'not';

/** `select(condition, a, b)` works on both types; `const` is the k-th constant of the program. */
export type Operation = FloatUnary | FloatBinary | IntOperation | 'select' | 'const';

/** One operation. Arguments are value numbers: inputs first, then nodes; for `const`, the constant's index. */
export interface Node {
  readonly op: Operation;
  readonly args: readonly number[];
}

/** Inputs, nodes and outputs of a kernel; constants are single-precision operand words of the instruction. */
export interface Program {
  readonly inputs: readonly ElementType[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly { readonly value: number; readonly dtype: ElementType }[];
  readonly constants: readonly number[];
}

/** Writes programs as expressions: every call adds a node and returns its value number. */
export class ProgramBuilder {
  private readonly nodes: Node[] = [];
  private readonly constants: number[] = [];
  private readonly known = new Map<string, number>();
  private readonly inputs: readonly ElementType[];

  constructor(inputs: readonly ElementType[]) {
    this.inputs = inputs;
  }

  /** The value of an operation; the same operation on the same values is computed once. */
  op(op: Operation, ...args: readonly number[]): number {
    const key = `${op} ${args.join(' ')}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const value = this.inputs.length + this.nodes.push({ op, args }) - 1;
    this.known.set(key, value);
    return value;
  }

  /** A constant in single precision. */
  constant(x: number): number {
    const existing = this.constants.findIndex((known) => Object.is(known, x));
    return this.op('const', existing >= 0 ? existing : this.constants.push(x) - 1);
  }

  /** A constant of its own, however equal to others: its operand word may be rewritten. Returns its index too. */
  parameter(x: number): { readonly value: number; readonly index: number } {
    const index = this.constants.push(x) - 1;
    return { value: this.op('const', index), index };
  }

  /** The program with these outputs. */
  build(outputs: readonly { readonly value: number; readonly dtype: ElementType }[]): Program {
    return { inputs: this.inputs, nodes: this.nodes, outputs, constants: this.constants };
  }
}

/** How an input is read along the inner dimension: its next element at each index, or one element for the row. */
export type Access = 'each' | 'row';

/** How a program's operands are walked: `rows` times `inner` elements, with a byte stride per row for each operand. */
export interface Layout {
  readonly rows: number;
  readonly inner: number;
  readonly access: readonly Access[];
  /** Byte strides of rows: outputs, then inputs. */
  readonly rowStrides: readonly number[];
}

/** Bytes of an element in memory. */
export function elementBytes(dtype: ElementType): number {
  return dtype === 'bool' ? 1 : 4;
}

/** Key under which the kernel of a program is kept: everything but the constants' values. */
export function programKey(program: Program, access: readonly Access[]): string {
  const { inputs, nodes, outputs, constants } = program;
  return JSON.stringify([inputs, access, nodes.map(({ op, args }) => [op, ...args]), outputs, constants.length]);
}

/** A short name for explanations: the operations in order, or their number and a digest when there are many. */
export function programName({ nodes }: Program): string {
  const operations = nodes.map(({ op }) => op).filter((op) => op !== 'const');
  if (operations.length <= 6) return operations.length === 0 ? 'copy' : operations.join('·');
  const digest = createHash('sha256').update(JSON.stringify(nodes)).digest('hex').slice(0, 6);
  return `fused(${operations.length} operations, ${digest})`;
}
