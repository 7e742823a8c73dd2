import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { Float32, Type } from './schema.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const expected = { kind: 'test', version: 1, schema: Type.Object({ counter: Type.Integer(), weights: Float32 }) };
const checkpoint = {
  kind: 'test',
  version: 1,
  step: 7,
  state: { counter: 3, weights: Float32Array.of(0.5, Number.NaN, -0) },
};

test('what is loaded is what was saved, to the bit', () => {
  const path = join(folder, 'deep', 'run.skein');
  saveCheckpoint(path, checkpoint);
  const loaded = loadCheckpoint(path, expected);
  expect(loaded.step).toBe(7);
  expect(loaded.state.counter).toBe(3);
  expect([...loaded.state.weights].map((x) => Object.is(x, -0) || x)).toEqual([0.5, Number.NaN, true]);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['run.skein']);
});

describe('a file that cannot be used is refused by name', () => {
  const bytes = encodeCheckpoint(checkpoint);
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length - 1]! ^= 1;
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['not a checkpoint', Buffer.from('PK whatever it is'), /expected a Skein checkpoint/],
    ['empty', new Uint8Array(0), /got 0 bytes/],
    ['cut short', bytes.subarray(0, bytes.length - 4), /bytes of state, got/],
    ['one bit flipped', flipped, /expected SHA-256/],
    [
      'another kind',
      encodeCheckpoint({ ...checkpoint, kind: 'other' }),
      /expected test version 1, got other version 1/,
    ],
    ['a newer version', encodeCheckpoint({ ...checkpoint, version: 2 }), /got test version 2/],
    [
      'a state that does not fit',
      encodeCheckpoint({ ...checkpoint, state: { counter: 'x' } }),
      /state: counter: expected integer/,
    ],
  ];
  test.each(cases)('%s', (name, content, message) => {
    const path = join(folder, `${name}.skein`);
    writeFileSync(path, content);
    expect(() => loadCheckpoint(path, expected)).toThrow(message);
    expect(() => loadCheckpoint(path, expected)).toThrow(path);
  });

  test('missing', () => {
    expect(() => loadCheckpoint(join(folder, 'none.skein'), expected)).toThrow(/none\.skein: cannot be read/);
  });
});

test('a failed write leaves the old file', () => {
  const path = join(folder, 'run.skein');
  saveCheckpoint(path, checkpoint);
  const before = readFileSync(path);
  expect(() => saveCheckpoint(path, { ...checkpoint, state: { loop: () => {} } })).toThrow();
  expect(readFileSync(path).equals(before)).toBe(true);
});
