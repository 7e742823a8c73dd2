/**
 * Generates a WebAssembly kernel for an element-wise program: an outer loop over rows with one byte stride per operand,
 * an inner loop over adjacent elements, four at a time, and a tail that takes one element at a time through the same
 * vector instructions (so an element's result does not depend on its position).
 *
 * Operand words: outputs' addresses, inputs' addresses, rows, inner size, row strides of outputs and inputs in bytes,
 * constants.
 */

import type { WasmMemory } from './memory.ts';
import type { Kernel, LaneFunction, PairFunction, WasmModule } from './module.ts';
import {
  type Access,
  type ElementType,
  elementBytes,
  type Node,
  type Operation,
  type Program,
  programKey,
  programName,
} from './program.ts';
import { FunctionCode, I32, kernelModule, SIMD, V128 } from './wasmcode.ts';
import { type ExportValue, WebAssembly } from './webassembly.ts';

/** Operations that are one instruction on their operands. */
const SINGLE: Partial<Record<Operation, number>> = {
  abs: SIMD.abs,
  add: SIMD.add,
  and: SIMD.and,
  ceil: SIMD.ceil,
  div: SIMD.div,
  floor: SIMD.floor,
  intAbs: SIMD.i32Abs,
  intAdd: SIMD.i32Add,
  intMax: SIMD.i32Max,
  intMin: SIMD.i32Min,
  intMul: SIMD.i32Mul,
  intNeg: SIMD.i32Neg,
  intSub: SIMD.i32Sub,
  max: SIMD.max,
  min: SIMD.min,
  mul: SIMD.mul,
  neg: SIMD.neg,
  or: SIMD.or,
  round: SIMD.nearest,
  sqrt: SIMD.sqrt,
  sub: SIMD.sub,
  toFloat: SIMD.convert,
  toInt: SIMD.truncSat,
};

/** Comparisons: their mask becomes 0 or 1. */
const COMPARISON: Partial<Record<Operation, number>> = {
  eq: SIMD.eq,
  ge: SIMD.ge,
  gt: SIMD.gt,
  intEq: SIMD.i32Eq,
  intGe: SIMD.i32Ge,
  intGt: SIMD.i32Gt,
  intLe: SIMD.i32Le,
  intLt: SIMD.i32Lt,
  intNe: SIMD.i32Ne,
  le: SIMD.le,
  lt: SIMD.lt,
  ne: SIMD.ne,
};

/** Operations that are calls of functions in assembly/. */
const CALLS: Partial<Record<Operation, LaneFunction>> = {
  sin: 'sin4',
  cos: 'cos4',
  tan: 'tan4',
  asin: 'asin4',
  acos: 'acos4',
  atan: 'atan4',
  sinh: 'sinh4',
  cosh: 'cosh4',
  asinh: 'asinh4',
  acosh: 'acosh4',
  atanh: 'atanh4',
  atan2: 'atan24',
  mod: 'mod4',
  pow: 'pow4',
  exp: 'exp4',
  expm1: 'expm14',
  log: 'log4',
  log1p: 'log1p4',
  sigmoid: 'sigmoid4',
  softplus: 'softplus4',
  tanh: 'tanh4',
};

const PAIRS: ReadonlySet<string> = new Set<PairFunction>(['pow4', 'atan24', 'mod4']);

const SMALLEST_NORMAL_BITS = 0x00800000;
const INFINITY_BITS = 0x7f800000;

/** Kernels of programs, compiled once per program and access pattern. */
export class KernelCache {
  private readonly kernels = new Map<string, Kernel>();
  /** Shortcut past the key for programs that live on: most calls come with the same program object. */
  private readonly recent = new WeakMap<Program, Map<string, Kernel>>();
  private readonly module: WasmModule;
  private readonly memory: WasmMemory;

  constructor(module: WasmModule, memory: WasmMemory) {
    this.module = module;
    this.memory = memory;
  }

  /** The kernel of a program whose inputs are read as `access` says. */
  get(program: Program, access: readonly Access[]): Kernel {
    let byAccess = this.recent.get(program);
    if (byAccess === undefined) {
      byAccess = new Map();
      this.recent.set(program, byAccess);
    }
    const pattern = access.join();
    let kernel = byAccess.get(pattern);
    if (kernel === undefined) {
      kernel = this.find(program, access);
      byAccess.set(pattern, kernel);
    }
    return kernel;
  }

  private find(program: Program, access: readonly Access[]): Kernel {
    const key = programKey(program, access);
    const known = this.kernels.get(key);
    if (known !== undefined) return known;
    const lanes = usedLanes(program.nodes);
    const imports = lanes.map((lane) => ({ name: lane, pair: PAIRS.has(lane) }));
    const bytes = kernelModule(imports, new Generator(program, access, lanes).generate());
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: this.memory.memory },
      lanes: this.module.lanes,
    });
    const kernel = this.module.add(programName(program), instance.exports['kernel'] as ExportValue);
    this.kernels.set(key, kernel);
    return kernel;
  }
}

function usedLanes(nodes: readonly Node[]): LaneFunction[] {
  const used = new Set<LaneFunction>();
  for (const { op } of nodes) {
    const lane = CALLS[op];
    if (lane !== undefined) used.add(lane);
  }
  return [...used];
}

/**
 * How often each value changes: never (0: constants), once per row (1) or at every element (2). A node changes as often
 * as its arguments, so that what does not depend on the element is computed outside of the loop.
 */
function changeLevels(program: Program, access: readonly Access[]): number[] {
  const levels: number[] = access.map((kind) => (kind === 'row' ? 1 : 2));
  for (const { op, args } of program.nodes) {
    levels.push(op === 'const' ? 0 : Math.max(0, ...args.map((value) => levels[value]!)));
  }
  return levels;
}

/** Whether an operation is true or false at each element. */
function isCondition(op: Operation): boolean {
  return op in COMPARISON || ['isNaN', 'isInf', 'isFinite', 'toBool', 'intToBool'].includes(op);
}

/** Conditions that only choose between values: they stay masks of all bits instead of becoming 1 and 0. */
function maskValues({ inputs, nodes, outputs }: Program): ReadonlySet<number> {
  const numbers = new Set(outputs.map(({ value }) => value));
  for (const { op, args } of nodes) {
    for (const [i, value] of args.entries()) if (op !== 'select' || i > 0) numbers.add(value);
  }
  const conditions = nodes.flatMap(({ op }, i) => (isCondition(op) ? [inputs.length + i] : []));
  return new Set(conditions.filter((value) => !numbers.has(value)));
}

/** Writes the code of one kernel. */
class Generator {
  private readonly code = new FunctionCode(1);
  private readonly program: Program;
  private readonly access: readonly Access[];
  private readonly lanes: readonly LaneFunction[];
  /** Local of each value: inputs, then nodes. */
  private readonly values: number[];
  private readonly pointers: number[];
  private readonly levels: readonly number[];
  private readonly masks: ReadonlySet<number>;
  /** Local with the integer 1 in every lane. */
  private readonly one: number;

  constructor(program: Program, access: readonly Access[], lanes: readonly LaneFunction[]) {
    this.program = program;
    this.access = access;
    this.lanes = lanes;
    this.levels = changeLevels(program, access);
    const count = program.inputs.length + program.nodes.length;
    this.values = Array.from({ length: count }, () => this.code.local(V128));
    this.pointers = Array.from({ length: this.operands }, () => this.code.local(I32));
    this.masks = maskValues(program);
    this.one = this.code.local(V128);
  }

  private get operands(): number {
    return this.program.outputs.length + this.program.inputs.length;
  }

  generate(): FunctionCode {
    const { code } = this;
    const rows = code.local(I32);
    const left = code.local(I32);
    const starts = this.pointers.map((_, i) => this.word(i));
    code
      .get(0)
      .loadWord(this.operands * 4)
      .set(rows);
    code.i32(1).simd(SIMD.i32Splat).set(this.one);
    this.loadConstants();
    code.countDown(rows, 1, () => {
      for (const [i, pointer] of this.pointers.entries()) code.get(starts[i]!).set(pointer);
      code
        .get(0)
        .loadWord(this.operands * 4 + 4)
        .set(left);
      this.loadRowInputs();
      code.countDown(left, 4, () => this.elements(4));
      code.countDown(left, 1, () => this.elements(1));
      for (const [i, start] of starts.entries()) this.advanceByWord(start, this.operands + 2 + i);
    });
    return code;
  }

  /** A new local with an operand word. */
  private word(index: number): number {
    const local = this.code.local(I32);
    this.code
      .get(0)
      .loadWord(index * 4)
      .set(local);
    return local;
  }

  private advanceByWord(local: number, index: number): void {
    this.code
      .get(local)
      .get(0)
      .loadWord(index * 4)
      .i32Add()
      .set(local);
  }

  private loadConstants(): void {
    const first = this.operands * 2 + 2;
    this.program.nodes.forEach(({ op, args }, i) => {
      if (op !== 'const') return;
      this.code.get(0).loadVector(SIMD.load32Splat, (first + args[0]!) * 4);
      this.code.set(this.values[this.program.inputs.length + i]!);
    });
    this.computeLevel(0);
  }

  /** Computes the nodes that change as often as `level` says. */
  private computeLevel(level: number): void {
    const first = this.program.inputs.length;
    for (const [i, node] of this.program.nodes.entries()) {
      if (node.op === 'const' || this.levels[first + i] !== level) continue;
      this.compute(node, first + i);
      this.code.set(this.values[first + i]!);
    }
  }

  private loadRowInputs(): void {
    this.program.inputs.forEach((dtype, i) => {
      if (this.access[i] === 'row') this.loadOne(i, dtype);
    });
    this.computeLevel(1);
  }

  private inputPointer(i: number): number {
    return this.pointers[this.program.outputs.length + i]!;
  }

  private loadOne(i: number, dtype: ElementType): void {
    this.code.get(this.inputPointer(i));
    if (dtype === 'bool') this.code.loadByte().simd(SIMD.i32Splat);
    else this.code.loadVector(SIMD.load32Splat);
    this.code.set(this.values[i]!);
  }

  private loadFour(i: number, dtype: ElementType): void {
    const { code } = this;
    code.get(this.inputPointer(i));
    if (dtype === 'bool') code.loadVector(SIMD.load32Zero).simd(SIMD.i16ExtendLowU).simd(SIMD.i32ExtendLowU);
    else code.loadVector(SIMD.load);
    code.set(this.values[i]!);
  }

  /** Loads, computes and stores `count` (1 or 4) elements and advances the pointers. */
  private elements(count: 1 | 4): void {
    const { inputs, outputs } = this.program;
    inputs.forEach((dtype, i) => {
      if (this.access[i] !== 'each') return;
      if (count === 4) this.loadFour(i, dtype);
      else this.loadOne(i, dtype);
      this.code.advance(this.inputPointer(i), elementBytes(dtype) * count);
    });
    this.computeLevel(2);
    outputs.forEach(({ value, dtype }, i) => {
      this.store(this.pointers[i]!, value, dtype, count);
      this.code.advance(this.pointers[i]!, elementBytes(dtype) * count);
    });
  }

  private store(pointer: number, value: number, dtype: ElementType, count: 1 | 4): void {
    const { code } = this;
    code.get(pointer).get(this.values[value]!);
    if (dtype === 'bool' && count === 1) {
      code.simd(SIMD.i32ExtractLane0, 0).storeByte();
    } else if (dtype === 'bool') {
      const narrow = code.get(this.values[value]!).simd(SIMD.i16Narrow).local(V128);
      code.set(narrow).get(narrow).get(narrow).simd(SIMD.i8NarrowU).simd(SIMD.store32Lane, 2, 0, 0);
    } else if (count === 4) {
      code.loadVector(SIMD.store);
    } else {
      code.simd(SIMD.store32Lane, 2, 0, 0);
    }
  }

  private argument(value: number): FunctionCode {
    return this.code.get(this.values[value]!);
  }

  /** Turns the mask on the stack into 1 and 0, unless its value stays a mask. */
  private finishCondition(value: number): void {
    if (!this.masks.has(value)) this.code.get(this.one).simd(SIMD.and);
  }

  private bits(bits: number): FunctionCode {
    return this.code.i32(bits).simd(SIMD.i32Splat);
  }

  /** Leaves the node's value on the stack. */
  private compute({ op, args }: Node, value: number): void {
    const instruction = SINGLE[op] ?? COMPARISON[op];
    const lane = CALLS[op];
    if (instruction !== undefined) {
      for (const argument of args) this.argument(argument);
      this.code.simd(instruction);
    } else if (lane !== undefined) {
      for (const argument of args) this.argument(argument);
      this.code.call(this.lanes.indexOf(lane));
    } else {
      this.computeOther(op, args);
    }
    if (isCondition(op)) this.finishCondition(value);
  }

  private computeOther(op: Operation, [a, b, c]: readonly number[]): void {
    switch (op) {
      case 'select':
        this.argument(b!);
        this.argument(c!);
        this.argument(a!);
        if (!this.masks.has(a!)) this.code.i32(0).simd(SIMD.i32Splat).simd(SIMD.i32Ne);
        this.code.simd(SIMD.bitselect);
        return;
      case 'toBool':
        this.argument(a!).i32(0).simd(SIMD.i32Splat).simd(SIMD.ne);
        return;
      case 'intToBool':
        this.argument(a!).i32(0).simd(SIMD.i32Splat).simd(SIMD.i32Ne);
        return;
      case 'not':
        this.argument(a!).get(this.one).simd(SIMD.xor);
        return;
      case 'isNaN':
        this.argument(a!);
        this.argument(a!).simd(SIMD.ne);
        return;
      case 'isInf':
      case 'isFinite':
        this.argument(a!).simd(SIMD.abs);
        this.bits(INFINITY_BITS).simd(op === 'isInf' ? SIMD.eq : SIMD.lt);
        return;
      case 'flush':
        // Numbers too small for a normal exponent become zero: they slow multiplications down a hundredfold.
        this.argument(a!);
        this.argument(a!).simd(SIMD.abs);
        this.bits(SMALLEST_NORMAL_BITS).simd(SIMD.lt).simd(SIMD.andnot);
        return;
      default:
        throw new TypeError(`no code for operation ${op}`);
    }
  }
}
