import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { supportsRelaxedSimd, WASM_PAGE, type WasmMemory, wasmInstances } from './wasm.ts';

/** (module (memory (export "memory") 1) (func (export "first") (result i32) (i32.load (i32.const 0)))) */
const FIRST_WORD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 18, 2, 6, ...Buffer.from('memory'), 2, 0, 5, ...Buffer.from('first'), 0, 0],
  ...[10, 9, 1, 7, 0, 0x41, 0, 0x28, 2, 0, 0x0b],
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-wasm-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('instances of a module have memories of their own', () => {
  const file = join(folder, 'first.wasm');
  writeFileSync(file, FIRST_WORD);
  const instantiate = wasmInstances<{ readonly memory: WasmMemory; first(): number }>(pathToFileURL(file));
  const [one, other] = [instantiate(), instantiate()];
  new Int32Array(one.memory.buffer)[0] = 7;
  expect([one.first(), other.first()]).toEqual([7, 0]);
  other.memory.grow(2);
  expect([one.memory.buffer.byteLength, other.memory.buffer.byteLength]).toEqual([WASM_PAGE, 3 * WASM_PAGE]);
});

test('the relaxed build is taken where the engine runs it, unless the plain one is asked for', () => {
  const plain = join(folder, 'plain.wasm');
  const relaxed = join(folder, 'relaxed.wasm');
  writeFileSync(plain, FIRST_WORD);
  const taken = (): string => {
    try {
      wasmInstances(pathToFileURL(plain), pathToFileURL(relaxed))();
      return 'plain';
    } catch (error) {
      expect(error).toMatchObject({ code: 'BACKEND', details: { path: relaxed } });
      return 'relaxed';
    }
  };
  expect(taken()).toBe(supportsRelaxedSimd() ? 'relaxed' : 'plain');
  vi.stubEnv('SKEIN_SIMD_BUILD', 'simd');
  expect(taken()).toBe('plain');
  vi.unstubAllEnvs();
});

test('a missing build is an error that says how to make it, at the first use', () => {
  const path = join(folder, 'none.wasm');
  const instantiate = wasmInstances(pathToFileURL(path));
  expect(instantiate).toThrow(expect.objectContaining({ code: 'BACKEND', details: { path } }));
});
