/** The little of the WebAssembly binary format that generated kernels need. */

/** Value types and the empty block type. */
export const I32 = 0x7f;
export const V128 = 0x7b;
const FUNCREF_TYPE = 0x60;
const EMPTY = 0x40;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) {
      bytes.push(byte);
      return bytes;
    }
    bytes.push(byte | 0x80);
  }
}

/** SIMD opcodes (after the 0xfd prefix). */
export const SIMD = {
  load: 0,
  load32Splat: 9,
  store: 11,
  i32Splat: 17,
  f32Splat: 19,
  i32ExtractLane0: 27,
  i32Eq: 0x37,
  i32Ne: 0x38,
  i32Lt: 0x39,
  i32Gt: 0x3b,
  i32Le: 0x3d,
  i32Ge: 0x3f,
  eq: 0x41,
  ne: 0x42,
  lt: 0x43,
  gt: 0x44,
  le: 0x45,
  ge: 0x46,
  and: 0x4e,
  andnot: 0x4f,
  or: 0x50,
  xor: 0x51,
  bitselect: 0x52,
  store32Lane: 0x5a,
  load32Zero: 0x5c,
  ceil: 0x67,
  floor: 0x68,
  nearest: 0x6a,
  i8NarrowU: 0x66,
  i16Narrow: 0x86,
  i16ExtendLowU: 0x89,
  i32ExtendLowU: 0xa9,
  i32Abs: 0xa0,
  i32Neg: 0xa1,
  i32Add: 0xae,
  i32Sub: 0xb1,
  i32Mul: 0xb5,
  i32Min: 0xb6,
  i32Max: 0xb8,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
  truncSat: 0xf8,
  convert: 0xfa,
  relaxedMadd: 0x105,
} as const;

/** The body of one function: instructions appended one after the other, locals numbered as they are asked for. */
export class FunctionCode {
  private readonly code: number[] = [];
  private readonly locals: number[] = [];
  private readonly parameters: number;

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  local(type: number): number {
    return this.parameters + this.locals.push(type) - 1;
  }

  get(local: number): this {
    return this.raw(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.raw(0x21, ...unsigned(local));
  }

  i32(value: number): this {
    return this.raw(0x41, ...signed(value));
  }

  i32Add(): this {
    return this.raw(0x6a);
  }

  /** Word at the address on the stack plus an offset. */
  loadWord(offset: number): this {
    return this.raw(0x28, 2, ...unsigned(offset));
  }

  loadByte(): this {
    return this.raw(0x2d, 0, 0);
  }

  storeByte(): this {
    return this.raw(0x3a, 0, 0);
  }

  call(index: number): this {
    return this.raw(0x10, ...unsigned(index));
  }

  /** A SIMD instruction; memory and lane instructions take their immediates after it. */
  simd(opcode: number, ...immediates: readonly number[]): this {
    return this.raw(0xfd, ...unsigned(opcode), ...immediates);
  }

  /** v128 at the address on the stack plus an offset. */
  loadVector(opcode: number, offset = 0): this {
    return this.simd(opcode, 2, ...unsigned(offset));
  }

  /** Adds a constant to a local. */
  advance(local: number, by: number): this {
    return this.get(local).i32(by).i32Add().set(local);
  }

  /** Adds one local to another. */
  advanceBy(local: number, by: number): this {
    return this.get(local).get(by).i32Add().set(local);
  }

  /** Repeats the body while the counter is at least `step`, lowering it by `step`. */
  countDown(counter: number, step: number, body: () => void): this {
    this.raw(0x02, EMPTY, 0x03, EMPTY).get(counter).i32(step).raw(0x48, 0x0d, 1);
    body();
    return this.advance(counter, -step).raw(0x0c, 0, 0x0b, 0x0b);
  }

  raw(...bytes: readonly number[]): this {
    for (const byte of bytes) this.code.push(byte);
    return this;
  }

  /** Locals, instructions and end, with their size. */
  bytes(): number[] {
    const locals = [...unsigned(this.locals.length), ...this.locals.flatMap((type) => [1, type])];
    const body = [...locals, ...this.code, 0x0b];
    return [...unsigned(body.length), ...body];
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

/**
 * A module with one exported function `kernel(p: i32)`, the imported memory `env.memory` and imported functions
 * `lanes.NAME` from one vector, or a pair of them, to one (numbered from 0).
 */
export function kernelModule(
  laneFunctions: readonly { readonly name: string; readonly pair: boolean }[],
  code: FunctionCode,
): Uint8Array<ArrayBuffer> {
  const types = [
    ...[3, FUNCREF_TYPE, 1, I32, 0],
    ...[FUNCREF_TYPE, 1, V128, 1, V128],
    ...[FUNCREF_TYPE, 2, V128, V128, 1, V128],
  ];
  const imports = [
    // Shared, of at most 65,536 pages.
    [...name('env'), ...name('memory'), 2, 3, 0, ...unsigned(65_536)],
    ...laneFunctions.map((lane) => [...name('lanes'), ...name(lane.name), 0, lane.pair ? 2 : 1]),
  ];
  return Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [...unsigned(imports.length), ...imports.flat()]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('kernel'), 0, ...unsigned(laneFunctions.length)]),
    ...section(10, [1, ...code.bytes()]),
  );
}
