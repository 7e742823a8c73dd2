/** Element-wise kernels: each is a short program on float32, int32 or bool operands. */

import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util, util } from '@tensorflow/tfjs-core';
import { runProgram } from '../elementwise.ts';
import { type ElementType, type Operation, type Program, ProgramBuilder } from '../program.ts';
import { type Attributes, allOf, type KernelTable, type OwnKernel } from './types.ts';

type Write = (b: ProgramBuilder, values: readonly number[], attrs: Attributes) => number;

/** Programs that depend on nothing but types and attributes are written once. */
const programs = new Map<string, Program>();
let nextId = 0;

function cached(
  key: string,
  inputs: readonly ElementType[],
  output: ElementType,
  write: Write,
  attrs: Attributes,
): Program {
  const full = `${key} ${inputs.join()} ${JSON.stringify(attrs)}`;
  let program = programs.get(full);
  if (program === undefined) {
    const builder = new ProgramBuilder(inputs);
    const value = write(
      builder,
      inputs.map((_, i) => i),
      attrs,
    );
    program = builder.build([{ value, dtype: output }]);
    programs.set(full, program);
  }
  return program;
}

/** A kernel for float32 inputs (named in order) and a result of the given type. */
function float(names: readonly string[], write: Write, output: ElementType = 'float32'): OwnKernel {
  const types = names.map(() => 'float32' as const);
  const id = `kernel ${nextId++}`;
  return (backend, inputs, attrs) => {
    const tensors = names.map((name) => inputs[name]!);
    if (!allOf('float32', tensors)) return null;
    return runProgram(backend, cached(id, types, output, write, attrs ?? {}), tensors)[0]!;
  };
}

const unary = (write: Write, output?: ElementType): OwnKernel => float(['x'], write, output);

/** A kernel on one operand of float32 or int32. */
function numeric(onFloat: Write, onInt: Write): OwnKernel {
  const id = `kernel ${nextId++}`;
  return (backend, { x }, attrs) => {
    const type = x!.dtype;
    if (type !== 'float32' && type !== 'int32') return null;
    const write = type === 'float32' ? onFloat : onInt;
    return runProgram(backend, cached(id, [type], type, write, attrs ?? {}), [x!])[0]!;
  };
}
const simple = (op: Operation, output?: ElementType): OwnKernel => unary((b, [x]) => b.op(op, x!), output);

/** A kernel on two operands: one operation for float32 and one for int32, with which truth values compare too. */
function binary(floatOp: Operation, intOp: Operation | null, output: ElementType | null = null): OwnKernel {
  return (backend, { a, b }) => {
    const type = a!.dtype;
    const integers = type === 'int32' || (type === 'bool' && output === 'bool');
    const op = type === 'float32' ? floatOp : integers ? intOp : null;
    if (op === null || b!.dtype !== type) return null;
    const types = [type, type] as ElementType[];
    const program = cached(op, types, output ?? (type as ElementType), (w, [x, y]) => w.op(op, x!, y!), {});
    return runProgram(backend, program, [a!, b!])[0]!;
  };
}

function logical(op: Operation, names: readonly string[]): OwnKernel {
  const types = names.map(() => 'bool' as const);
  return (backend, inputs) => {
    const tensors = names.map((name) => inputs[name]!);
    if (!allOf('bool', tensors)) return null;
    const program = cached(op, types, 'bool', (b, values) => b.op(op, ...values), {});
    return runProgram(backend, program, tensors)[0]!;
  };
}

/** 1 / x as tfjs computes it: a division, not an approximation. */
const inverse = (b: ProgramBuilder, x: number) => b.op('div', b.constant(1), x);

/** `above` (x itself unless given) where x is not negative, otherwise `below`. */
const whereNegative = (b: ProgramBuilder, x: number, below: number, above = x) =>
  b.op('select', b.op('lt', x, b.constant(0)), below, above);

const NUMERIC: readonly DataType[] = ['float32', 'int32', 'bool'];

/** The operation that turns one type into another, or null where the register needs no change. */
function conversion(from: DataType, to: DataType): Operation | null {
  if (to === 'float32') return 'toFloat';
  if (from === 'float32') return to === 'int32' ? 'toInt' : 'toBool';
  return to === 'bool' ? 'intToBool' : null;
}

const cast: OwnKernel = (backend, { x }, { dtype }) => {
  const from = x!.dtype;
  const to = dtype as DataType;
  if (!NUMERIC.includes(from) || !NUMERIC.includes(to)) return null;
  if (from === to) return backend.view(x!, x!.shape);
  const op = conversion(from, to);
  const write: Write = (b, [value]) => (op === null ? value! : b.op(op, value!));
  const program = cached(`cast ${from} ${to}`, [from as ElementType], to as ElementType, write, {});
  return runProgram(backend, program, [x!])[0]!;
};

const select: OwnKernel = (backend, { condition, t, e }) => {
  const type = t!.dtype;
  const same = util.arraysEqual(condition!.shape, t!.shape);
  if (!same || condition!.dtype !== 'bool' || !NUMERIC.includes(type) || e!.dtype !== type) return null;
  const types = ['bool', type, type] as ElementType[];
  const program = cached('select', types, type as ElementType, (b, v) => b.op('select', ...v), {});
  return runProgram(backend, program, [condition!, t!, e!])[0]!;
};

const addN: OwnKernel = (backend, inputs) => {
  const tensors = Object.values(inputs) as TensorInfo[];
  const type = tensors[0]!.dtype;
  if ((type !== 'float32' && type !== 'int32') || !allOf(type, tensors)) return null;
  const op = type === 'float32' ? 'add' : 'intAdd';
  const sum: Write = (b, values) => values.reduce((x, y) => b.op(op, x, y));
  const program = cached(
    'addN',
    tensors.map(() => type),
    type,
    sum,
    {},
  );
  return runProgram(backend, program, tensors)[0]!;
};

const squaredDifference: OwnKernel = (backend, { a, b }) => {
  const type = a!.dtype;
  if ((type !== 'float32' && type !== 'int32') || b!.dtype !== type) return null;
  const [minus, times] = type === 'float32' ? (['sub', 'mul'] as const) : (['intSub', 'intMul'] as const);
  const write: Write = (w, [x, y]) => {
    const difference = w.op(minus, x!, y!);
    return w.op(times, difference, difference);
  };
  return runProgram(backend, cached('squaredDifference', [type, type], type, write, {}), [a!, b!])[0]!;
};

/** (x - mean) scale / sqrt(variance + epsilon) + offset, where all but x are one row. */
const batchNorm: OwnKernel = (backend, { x, mean, variance, offset, scale }, attrs) => {
  const tensors = [x!, mean!, variance!, offset, scale].filter((t): t is TensorInfo => t != null);
  if (!allOf('float32', tensors)) return null;
  const types = tensors.map(() => 'float32' as const);
  const epsilon = (attrs['varianceEpsilon'] as number | undefined) ?? 1e-3;
  const hasOffset = offset != null;
  const write: Write = (b, values) => {
    const [value, centre, spread] = values as [number, number, number];
    const deviation = inverse(b, b.op('sqrt', b.op('add', spread, b.constant(epsilon))));
    const factor = scale == null ? deviation : b.op('mul', deviation, values.at(-1)!);
    const scaled = b.op('mul', b.op('sub', value, centre), factor);
    return hasOffset ? b.op('add', scaled, values[3]!) : scaled;
  };
  const program = cached(`batchNorm ${hasOffset} ${scale != null}`, types, 'float32', write, { epsilon });
  return runProgram(backend, program, tensors)[0]!;
};

/** The error function by Abramowitz and Stegun's formula 7.1.26, which tfjs uses: absolute error below 1.5e-7. */
function errorFunction(b: ProgramBuilder, x: number): number {
  const size = b.op('abs', x);
  const one = b.constant(1);
  const t = b.op('div', one, b.op('add', one, b.op('mul', b.constant(backend_util.ERF_P), size)));
  const { ERF_A1, ERF_A2, ERF_A3, ERF_A4, ERF_A5 } = backend_util;
  const sum = [ERF_A4, ERF_A3, ERF_A2, ERF_A1].reduce(
    (value, coefficient) => b.op('add', b.op('mul', value, t), b.constant(coefficient)),
    b.constant(ERF_A5),
  );
  const tail = b.op('mul', b.op('mul', sum, t), b.op('exp', b.op('neg', b.op('mul', size, size))));
  const y = b.op('sub', one, tail);
  return whereNegative(b, x, b.op('neg', y), y);
}

/** tfjs's kernels of one value at each index. */
export const elementwiseKernels: KernelTable = {
  Abs: numeric(
    (b, [x]) => b.op('abs', x!),
    (b, [x]) => b.op('intAbs', x!),
  ),
  Acos: simple('acos'),
  Acosh: simple('acosh'),
  Add: binary('add', 'intAdd'),
  AddN: addN,
  Asin: simple('asin'),
  Asinh: simple('asinh'),
  Atan: simple('atan'),
  Atan2: binary('atan2', null),
  Atanh: simple('atanh'),
  Cast: cast,
  Ceil: simple('ceil'),
  ClipByValue: unary((b, [x], { clipValueMin, clipValueMax }) =>
    b.op('min', b.op('max', x!, b.constant(clipValueMin as number)), b.constant(clipValueMax as number)),
  ),
  Cos: simple('cos'),
  Cosh: simple('cosh'),
  Elu: unary((b, [x]) => whereNegative(b, x!, b.op('expm1', x!))),
  EluGrad: float(['dy', 'y'], (b, [dy, y]) =>
    b.op('mul', dy!, b.op('select', b.op('ge', y!, b.constant(0)), b.constant(1), b.op('add', y!, b.constant(1)))),
  ),
  Equal: binary('eq', 'intEq', 'bool'),
  Erf: unary((b, [x]) => errorFunction(b, x!)),
  Exp: simple('exp'),
  Expm1: simple('expm1'),
  Floor: simple('floor'),
  FusedBatchNorm: batchNorm,
  Greater: binary('gt', 'intGt', 'bool'),
  GreaterEqual: binary('ge', 'intGe', 'bool'),
  IsFinite: simple('isFinite', 'bool'),
  IsInf: simple('isInf', 'bool'),
  IsNan: simple('isNaN', 'bool'),
  LeakyRelu: unary((b, [x], { alpha }) => whereNegative(b, x!, b.op('mul', x!, b.constant(alpha as number)))),
  Less: binary('lt', 'intLt', 'bool'),
  LessEqual: binary('le', 'intLe', 'bool'),
  Log: simple('log'),
  Log1p: simple('log1p'),
  LogicalAnd: logical('and', ['a', 'b']),
  LogicalNot: logical('not', ['x']),
  LogicalOr: logical('or', ['a', 'b']),
  Maximum: binary('max', 'intMax'),
  Minimum: binary('min', 'intMin'),
  Mod: binary('mod', null),
  Multiply: binary('mul', 'intMul'),
  Neg: numeric(
    (b, [x]) => b.op('neg', x!),
    (b, [x]) => b.op('intNeg', x!),
  ),
  NotEqual: binary('ne', 'intNe', 'bool'),
  Pow: binary('pow', null),
  Prelu: float(['x', 'alpha'], (b, [x, alpha]) => whereNegative(b, x!, b.op('mul', x!, alpha!))),
  RealDiv: binary('div', null),
  Reciprocal: unary((b, [x]) => inverse(b, x!)),
  // The bits of 0 are the same in both types.
  Relu: numeric(
    (b, [x]) => b.op('max', x!, b.constant(0)),
    (b, [x]) => b.op('intMax', x!, b.constant(0)),
  ),
  Relu6: unary((b, [x]) => b.op('min', b.op('max', x!, b.constant(0)), b.constant(6))),
  Round: simple('round'),
  Rsqrt: unary((b, [x]) => inverse(b, b.op('sqrt', x!))),
  Select: select,
  Selu: unary((b, [x]) => {
    const below = b.op('mul', b.op('expm1', x!), b.constant(backend_util.SELU_SCALEALPHA));
    const above = b.op('mul', x!, b.constant(backend_util.SELU_SCALE));
    return b.op('select', b.op('lt', x!, b.constant(0)), below, above);
  }),
  Sigmoid: simple('sigmoid'),
  Sign: unary((b, [x]) => {
    const zero = b.constant(0);
    const negative = b.op('select', b.op('lt', x!, zero), b.constant(-1), zero);
    return b.op('select', b.op('gt', x!, zero), b.constant(1), negative);
  }),
  Sin: simple('sin'),
  Sinh: simple('sinh'),
  Softplus: simple('softplus'),
  Sqrt: simple('sqrt'),
  Square: numeric(
    (b, [x]) => b.op('mul', x!, x!),
    (b, [x]) => b.op('intMul', x!, x!),
  ),
  SquaredDifference: squaredDifference,
  Step: unary((b, [x], { alpha }) => {
    const step = b.op('select', b.op('gt', x!, b.constant(0)), b.constant(1), b.constant(alpha as number));
    return b.op('select', b.op('isNaN', x!), x!, step);
  }),
  Sub: binary('sub', 'intSub'),
  Tan: simple('tan'),
  Tanh: simple('tanh'),
};
