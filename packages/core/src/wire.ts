/**
 * The wire encoding: JSON plus typed arrays as one byte string. Tasks' inputs, results, progress reports, parameters
 * and checkpoints use it.
 *
 *   4 bytes   "SKV" and the format's version (1)
 *   4 bytes   length of the header, unsigned little-endian
 *   header    JSON: the value with placeholders, and a table of sections
 *   sections  each array's raw little-endian elements, aligned to 8 bytes
 *
 * What JSON cannot say is written as an object with the single key `$`: a section's number (a typed array), a name (NaN,
 * Infinity, -Infinity, -0, undefined), a decimal number with an `n` (a BigInt), or an object (one that has a key `$`
 * itself). Properties that are `undefined` are left out, as in JSON; an `undefined` array element stays. Anything else
 * (functions, symbols, dates, maps, class instances, cycles) is refused: what arrives equals what was sent.
 */

import { messageOf, SkeinError } from './errors.ts';

/** Every kind of array that has a section tag. Node.js runs on little-endian machines only, and so does this format. */
export const ARRAY_TYPES = {
  i8: Int8Array,
  u8: Uint8Array,
  u8c: Uint8ClampedArray,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
} as const;

/** Name of a kind of array: `f32`, `i32`, `u8`, ... */
export type ArrayTag = keyof typeof ARRAY_TYPES;
type Tag = ArrayTag;
type WireArray = InstanceType<(typeof ARRAY_TYPES)[Tag]>;
/** The constructor of any of these arrays. */
export type WireArrayType = (new (
  memory: ArrayBufferLike,
  offset?: number,
  length?: number,
) => WireArray) & {
  readonly BYTES_PER_ELEMENT: number;
};

/** Tag, byte offset after the header, number of elements; and for shared memory, its number instead of an offset. */
type Section = readonly [tag: Tag, offset: number, length: number, shared?: number];

interface Header {
  readonly value: unknown;
  readonly sections: readonly Section[];
}

/** Options of `encodeValue`. */
export interface EncodeOptions {
  /** Gives the memory to write to; by default ordinary memory of exactly the size asked for. */
  readonly allocate?: (bytes: number) => Uint8Array;
  /** If given, arrays over shared memory are not copied: their memory is appended here and must travel beside the bytes. */
  readonly shared?: SharedArrayBuffer[];
}

/** Options of `decodeValue`. */
export interface DecodeOptions {
  /** The shared memory that `encodeValue` listed. */
  readonly shared?: readonly SharedArrayBuffer[];
}

const MAGIC = 0x56_4b_53; // "SKV", little-endian
const VERSION = 1;
const PREFIX_BYTES = 8;
const MAX_DEPTH = 200;

const SPECIAL: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
  ['undefined', undefined],
]);

const align = (offset: number): number => (offset + 7) & ~7;

/** The value as bytes. Throws `WIRE` naming the path of anything that is neither JSON nor a typed array. */
export function encodeValue(value: unknown, options: EncodeOptions = {}): Uint8Array {
  const packer = new Packer(options.shared);
  const json = Buffer.from(JSON.stringify({ value: packer.pack(value, 0), sections: packer.sections }));
  const bodyStart = align(PREFIX_BYTES + json.length);
  const allocate = options.allocate ?? ((bytes) => new Uint8Array(bytes));
  const out = allocate(bodyStart + packer.bodyBytes);
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, MAGIC | (VERSION << 24), true);
  view.setUint32(4, json.length, true);
  out.set(json, PREFIX_BYTES);
  for (const [offset, array] of packer.arrays) {
    out.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), bodyStart + offset);
  }
  return out;
}

/** Replaces what JSON cannot say by placeholders and collects the arrays. Unchanged parts are not copied. */
class Packer {
  readonly sections: Section[] = [];
  readonly arrays: [offset: number, array: WireArray][] = [];
  bodyBytes = 0;
  readonly #shared: SharedArrayBuffer[] | undefined;
  readonly #path: (string | number)[] = [];

  constructor(shared: SharedArrayBuffer[] | undefined) {
    this.#shared = shared;
  }

  pack(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { $: Object.is(value, -0) ? '-0' : `${value}` };
      case 'undefined':
        return { $: 'undefined' };
      case 'bigint':
        return { $: `${value}n` };
      case 'object':
        return value === null ? null : this.#packObject(value, depth);
      default:
        return this.#refuse(`a ${typeof value}`);
    }
  }

  #packObject(value: object, depth: number): unknown {
    if (depth > MAX_DEPTH) this.#refuse(`values nested deeper than ${MAX_DEPTH} (or a cycle)`);
    if (ArrayBuffer.isView(value)) return { $: this.#section(value) };
    if (Array.isArray(value)) return this.#packArray(value, depth);
    const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
    if (prototype !== null && prototype !== Object.prototype) {
      this.#refuse(`an instance of ${prototype.constructor?.name || 'a class'}`);
    }
    const packed = this.#packProperties(value as Record<string, unknown>, depth);
    return Object.hasOwn(value, '$') ? { $: packed } : packed;
  }

  #packArray(value: readonly unknown[], depth: number): unknown[] {
    const packed = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      packed[i] = this.pack(value[i], depth + 1);
      this.#path.pop();
    }
    return packed;
  }

  #packProperties(value: Record<string, unknown>, depth: number): object {
    const packed: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const property = value[key];
      if (property === undefined) continue;
      this.#path.push(key);
      if (key === '__proto__') this.#refuse('a property of that name');
      packed[key] = this.pack(property, depth + 1);
      this.#path.pop();
    }
    return packed;
  }

  #section(array: ArrayBufferView): number {
    const tag = tagOf(array) ?? this.#refuse(`a ${array.constructor.name}`);
    const { length, buffer } = array as WireArray;
    if (this.#shared !== undefined && buffer instanceof SharedArrayBuffer) {
      let index = this.#shared.indexOf(buffer);
      if (index < 0) index = this.#shared.push(buffer) - 1;
      return this.sections.push([tag, array.byteOffset, length, index]) - 1;
    }
    this.arrays.push([this.bodyBytes, array as WireArray]);
    this.sections.push([tag, this.bodyBytes, length]);
    this.bodyBytes = align(this.bodyBytes + array.byteLength);
    return this.sections.length - 1;
  }

  #refuse(got: string): never {
    const path = this.#path.length === 0 ? 'the value' : this.#path.join('.');
    throw new SkeinError('WIRE', `cannot encode ${path}: expected JSON or a typed array, got ${got}`, {
      details: { path: [...this.#path] },
      advice: 'convert it to plain objects, arrays, numbers, strings or typed arrays first',
    });
  }
}

/** Subclasses (Node's Buffer) travel as what they extend. */
function tagOf(array: ArrayBufferView): Tag | undefined {
  return (Object.keys(ARRAY_TYPES) as Tag[]).find((tag) => array instanceof ARRAY_TYPES[tag]);
}

/**
 * The value that `encodeValue` was given. Arrays are views of `bytes` (copied only where `bytes` starts at an address
 * that their elements cannot have), so `bytes` must not change afterwards. Throws `WIRE` for anything else.
 */
export function decodeValue(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  const { header, bodyStart } = readHeader(bytes);
  const arrays = header.sections.map((section, i) => readSection(bytes, bodyStart, section, i, options.shared ?? []));
  return unpack(header.value, arrays);
}

function readHeader(bytes: Uint8Array): { header: Header; bodyStart: number } {
  if (bytes.length < PREFIX_BYTES) damaged(`expected at least ${PREFIX_BYTES} bytes, got ${bytes.length}`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = buffer.readUInt32LE(0);
  if ((word & 0xff_ff_ff) !== MAGIC) damaged('it does not start with SKV');
  const version = word >>> 24;
  if (version !== VERSION) {
    throw new SkeinError('WIRE', `expected wire format ${VERSION}, got ${version}`, {
      details: { version },
      advice: 'run the same version of Skein on every machine',
    });
  }
  const end = PREFIX_BYTES + buffer.readUInt32LE(4);
  if (end > bytes.length) damaged(`its header ends at byte ${end} of ${bytes.length}`);
  return { header: parseHeader(buffer.toString('utf8', PREFIX_BYTES, end)), bodyStart: align(end) };
}

function parseHeader(json: string): Header {
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(json) as Partial<Header> | null;
  } catch (error) {
    return damaged(`its header is not JSON: ${messageOf(error)}`);
  }
  if (typeof header !== 'object' || header === null || !('value' in header) || !Array.isArray(header.sections)) {
    return damaged('its header has no value or no sections');
  }
  return header as Header;
}

function readSection(
  bytes: Uint8Array,
  bodyStart: number,
  section: Section,
  index: number,
  shared: readonly SharedArrayBuffer[],
): WireArray {
  const [tag, offset, length, sharedIndex] = Array.isArray(section) ? section : [];
  const valid = typeof tag === 'string' && Object.hasOwn(ARRAY_TYPES, tag) && isCount(offset) && isCount(length);
  if (!valid) return damaged(`section ${index} is not [type, offset, length]`);
  const ArrayType: WireArrayType = ARRAY_TYPES[tag];
  const memory = sharedIndex === undefined ? bytes : shared[sharedIndex];
  if (memory === undefined) return damaged(`section ${index} lies in shared memory that did not come with it`);
  const start = sharedIndex === undefined ? bodyStart + offset : offset;
  const end = start + length * ArrayType.BYTES_PER_ELEMENT;
  if (end > memory.byteLength) return damaged(`section ${index} ends at byte ${end} of ${memory.byteLength}`);
  if (memory instanceof SharedArrayBuffer) return new ArrayType(memory, start, length);
  const address = memory.byteOffset + start;
  if (address % ArrayType.BYTES_PER_ELEMENT === 0) return new ArrayType(memory.buffer, address, length);
  return new ArrayType(new Uint8Array(memory.subarray(start, end)).buffer);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Puts arrays and special values back, in place: the tree is ours. */
function unpack(value: unknown, arrays: readonly WireArray[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.hasOwn(value, '$')) return unpackPlaceholder((value as { $: unknown }).$, arrays);
  return unpackInside(value, arrays);
}

function unpackInside(value: object, arrays: readonly WireArray[]): object {
  const tree = value as Record<string, unknown>;
  for (const key of Object.keys(tree)) {
    const inner = tree[key];
    if (typeof inner === 'object' && inner !== null) tree[key] = unpack(inner, arrays);
  }
  return tree;
}

function unpackPlaceholder(content: unknown, arrays: readonly WireArray[]): unknown {
  if (typeof content === 'number')
    return arrays[content] ?? damaged(`section ${content} of ${arrays.length} is missing`);
  if (typeof content === 'object' && content !== null) return unpackInside(content, arrays);
  const name = String(content);
  if (SPECIAL.has(name)) return SPECIAL.get(name);
  if (/^-?\d+n$/.test(name)) return BigInt(name.slice(0, -1));
  return damaged(`it has an unknown special value '${name}'`);
}

function damaged(what: string): never {
  throw new SkeinError('WIRE', `cannot decode the bytes: ${what}`, {
    advice: 'the bytes were cut or changed on the way, or were not written by Skein',
  });
}
