import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from './rng.ts';
import { decodeValue, encodeValue } from './wire.ts';

const roundTrip = (value: unknown): unknown => decodeValue(encodeValue(value));

/** A random value of everything that the encoding allows. */
function randomValue(rng: Rng, depth: number): unknown {
  const arrays: readonly { from(items: number[]): unknown }[] = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Float32Array,
  ];
  const leaves = [
    () => null,
    () => rng.bernoulli(0.5),
    () => rng.normal() * 10 ** rng.integer(20),
    () => rng.choice([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 2 ** 53]),
    () => 'straße \u0000 \ud83d\ude00 "$"'.slice(0, rng.integer(18)),
    () => BigInt(rng.integer(2 ** 40)) * -(2n ** 70n),
    () => rng.choice(arrays).from(Array.from({ length: rng.integer(9) }, () => rng.integer(100))),
    () => rng.fillNormal(new Float64Array(rng.integer(5))),
    () => BigInt64Array.of(-1n, BigInt(rng.uint32())),
  ];
  if (depth === 0 || rng.bernoulli(0.3)) return rng.choice(leaves)();
  const children = Array.from({ length: rng.integer(5) }, () => randomValue(rng, depth - 1));
  if (rng.bernoulli(0.5)) return rng.bernoulli(0.2) ? [...children, undefined] : children;
  return Object.fromEntries(children.map((child, i) => [rng.choice(['$', 'a', '', 'ключ', `k${i}`]), child]));
}

describe('wire encoding', () => {
  test('decoding gives back what was encoded, whatever it is', () => {
    for (let seed = 0; seed < 500; seed++) {
      const value = randomValue(createRng(seed), 4);
      expect(roundTrip(value), `seed ${seed}`).toStrictEqual(value);
    }
  });

  test('special numbers, undefined and BigInt keep their identity', () => {
    const value = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, undefined, 10n ** 30n];
    expect(roundTrip(value)).toStrictEqual(value);
    expect(Object.is((roundTrip({ z: -0 }) as { z: number }).z, -0)).toBe(true);
    expect(roundTrip(undefined)).toBe(undefined);
  });

  test('undefined properties are left out, as in JSON', () => {
    expect(Object.keys(roundTrip({ a: undefined, b: 1 }) as object)).toEqual(['b']);
  });

  test('objects that look like placeholders survive', () => {
    for (const value of [{ $: 0 }, { $: 'NaN' }, { $: { $: 'undefined' } }, [{ $: null, more: 1 }]]) {
      expect(roundTrip(value)).toStrictEqual(value);
    }
  });

  test('arrays are decoded as views of the bytes, not as copies', () => {
    const bytes = encodeValue({ deep: [{ weights: Float32Array.of(1, 2, 3) }] });
    const decoded = decodeValue(bytes) as { deep: [{ weights: Float32Array }] };
    expect(decoded.deep[0].weights.buffer).toBe(bytes.buffer);
  });

  test('bytes at an odd address are decoded all the same', () => {
    const bytes = encodeValue({ x: Float64Array.of(1.5, -2), y: Uint8Array.of(7) });
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      expect(decodeValue(moved)).toStrictEqual({ x: Float64Array.of(1.5, -2), y: Uint8Array.of(7) });
    }
  });

  test('a view of a larger array sends its own elements only', () => {
    const large = new Float32Array(100_000).fill(3);
    const bytes = encodeValue(large.subarray(10, 12));
    expect(bytes.length).toBeLessThan(200);
    expect(decodeValue(bytes)).toStrictEqual(Float32Array.of(3, 3));
  });

  test('a Buffer arrives as a Uint8Array', () => {
    expect(roundTrip(Buffer.from('abc'))).toStrictEqual(Uint8Array.from(Buffer.from('abc')));
  });

  test('shared memory is passed by reference when asked for, and copied otherwise', () => {
    const array = new Int32Array(new SharedArrayBuffer(16), 4, 2);
    const shared: SharedArrayBuffer[] = [];
    const bytes = encodeValue([array, array.subarray(1)], { shared });
    expect(shared).toHaveLength(1);
    const [first, second] = decodeValue(bytes, { shared }) as [Int32Array, Int32Array];
    array[1] = 42;
    expect([...first]).toEqual([0, 42]);
    expect([...second]).toEqual([42]);
    expect([...(roundTrip(array) as Int32Array)]).toEqual([0, 42]);
    expect(() => decodeValue(bytes)).toThrow('shared memory that did not come with it');
  });

  test('the caller chooses the memory', () => {
    const bytes = encodeValue([Float32Array.of(1)], { allocate: (n) => new Uint8Array(new SharedArrayBuffer(n)) });
    expect((decodeValue(bytes) as [Float32Array])[0].buffer).toBe(bytes.buffer);
  });

  test.each([
    ['a function', { f: () => 1 }, /cannot encode f: .* got a function/],
    ['a date', { when: [new Date()] }, /cannot encode when\.0: .* instance of Date/],
    ['a map', new Map(), /cannot encode the value: .* instance of Map/],
    ['a symbol', [Symbol('s')], /cannot encode 0: .* got a symbol/],
    ['a DataView', { view: new DataView(new ArrayBuffer(1)) }, /cannot encode view: .* got a DataView/],
    ['__proto__', JSON.parse('{"__proto__": 1}'), /cannot encode __proto__/],
  ])('%s is refused with its path', (_name, value, message) => {
    expect(() => encodeValue(value)).toThrow(
      expect.objectContaining({ code: 'WIRE', message: expect.stringMatching(message) }),
    );
  });

  test('a cycle is refused', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => encodeValue(loop)).toThrow(/cycle/);
  });

  test('a foreign version is named', () => {
    const bytes = encodeValue(1);
    bytes[3] = 9;
    expect(() => decodeValue(bytes)).toThrow('expected wire format 1, got 9');
  });

  test('damaged bytes never give a value that is not there: every cut and many flips end in WIRE or in a value', () => {
    const bytes = encodeValue({ a: [1, Number.NaN], w: Float64Array.of(1, 2) });
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(() => decodeValue(bytes.slice(0, cut))).toThrow(expect.objectContaining({ code: 'WIRE' }));
    }
    const rng = createRng(3);
    for (let i = 0; i < 2000; i++) {
      const flipped = bytes.slice();
      const at = rng.integer(flipped.length);
      flipped[at] = (flipped[at] as number) ^ (1 << rng.integer(8));
      try {
        decodeValue(flipped);
      } catch (error) {
        expect(error).toMatchObject({ code: 'WIRE' });
      }
    }
  });
});
