/**
 * Wide panels of matrix products: the inner loop of `assembly/matmul.ts` for panels of 16 columns, as a module of its
 * own. V8 can turn pairs of 128-bit instructions into 256-bit ones, which doubles the speed of this loop, but it does so
 * only behind an experimental flag. So this one small function is compiled with that flag set for a moment, and it is
 * used only where it gives the same bits as without the flag and is much faster.
 */

import { setFlagsFromString } from 'node:v8';
import { FunctionCode, I32, kernelModule, SIMD, V128 } from './wasmcode.ts';
import { type Memory, WebAssembly } from './webassembly.ts';

/** V8 versions on which this has been tested; elsewhere it is not tried. */
const TESTED_V8: readonly string[] = ['13.6'];

/** Vectors of four columns in a panel, and rows of its tiles: 12 sums of 256 bits, 2 columns' worth of B and 1 of A. */
const VECTORS = 4;
const TILES = [6, 4, 1] as const;

/** Byte offsets of the operand words (see `widePanel` in assembly/matmul.ts); the counts of tiles follow. */
const WORDS = { c: 0, ldc: 4, a: 8, rowA: 12, colA: 16, b: 20, ldb: 24, k: 28, from: 32, ldFrom: 36, least: 40 };
const FIRST_COUNT = 44;

type Word = keyof typeof WORDS;

/** Code that computes tiles of some rows one after the other. */
class PanelCode {
  private readonly code = new FunctionCode(1);
  private readonly words = Object.fromEntries(
    Object.keys(WORDS).map((word) => [word, this.code.local(word === 'least' ? V128 : I32)]),
  ) as Record<Word, number>;
  private readonly count = this.code.local(I32);
  private readonly left = this.code.local(I32);
  private readonly rowB = this.code.local(I32);
  private readonly x = this.code.local(V128);
  private readonly columns = this.locals(VECTORS, V128);
  private readonly rows = this.locals(TILES[0], I32);
  private readonly sums = this.rows.map(() => this.locals(VECTORS, V128));

  private locals(count: number, type: number): number[] {
    return Array.from({ length: count }, () => this.code.local(type));
  }

  generate(): FunctionCode {
    const { code, words } = this;
    for (const [word, offset] of Object.entries(WORDS)) {
      code.get(0);
      if (word === 'least') code.loadVector(SIMD.load32Splat, offset);
      else code.loadWord(offset);
      code.set(words[word as Word]);
    }
    TILES.forEach((rows, i) => {
      code
        .get(0)
        .loadWord(FIRST_COUNT + 4 * i)
        .set(this.count);
      code.countDown(this.count, 1, () => this.tile(rows));
    });
    return code;
  }

  private tile(rows: number): void {
    const { code, words } = this;
    const sums = this.sums.slice(0, rows);
    const walked = this.rows.slice(0, rows);
    for (const [r, row] of walked.entries()) {
      for (const [v, sum] of sums[r]!.entries())
        code
          .get(words.from)
          .loadVector(SIMD.load, 16 * v)
          .set(sum);
      code.get(words.a).set(row);
      code.advanceBy(words.from, words.ldFrom).advanceBy(words.a, words.rowA);
    }
    code.get(words.b).set(this.rowB).get(words.k).set(this.left);
    code.countDown(this.left, 1, () => this.multiply(walked, sums));
    for (const row of sums) {
      for (const sum of row) code.get(sum).get(words.least).simd(SIMD.max).set(sum);
      for (const [v, sum] of row.entries())
        code
          .get(words.c)
          .get(sum)
          .loadVector(SIMD.store, 16 * v);
      code.advanceBy(words.c, words.ldc);
    }
  }

  /** Adds the product of one column of A and one row of B. */
  private multiply(rows: readonly number[], sums: readonly (readonly number[])[]): void {
    const { code, words, x } = this;
    for (const [v, column] of this.columns.entries()) {
      code
        .get(this.rowB)
        .loadVector(SIMD.load, 16 * v)
        .set(column);
    }
    for (const [r, row] of rows.entries()) {
      code.get(row).loadVector(SIMD.load32Splat).set(x).advanceBy(row, words.colA);
      for (const [v, sum] of sums[r]!.entries()) {
        code.get(x).get(this.columns[v]!).get(sum).simd(SIMD.relaxedMadd).set(sum);
      }
    }
    code.advanceBy(this.rowB, words.ldb);
  }
}

/** Compiles at once and completely, with or without 256-bit vectors; V8's flags are as before afterwards. */
export function compileNow(bytes: Uint8Array<ArrayBuffer>, vectors256: boolean): object {
  const flags = ['liftoff', 'wasm-lazy-compilation'];
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  if (vectors256) setFlagsFromString('--experimental-wasm-revectorize');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--no-experimental-wasm-revectorize');
    for (const flag of flags) setFlagsFromString(`--${flag}`);
  }
}

/** The same module in other bytes: V8 compiles equal bytes once, whatever the flags. An empty custom section differs. */
function renamed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...bytes, ...[0, 1, 0]);
}

type Kernel = (words: number) => void;

/** The kernel of a module, on a memory. */
export function widePanels(module: object, memory: Memory): Kernel {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports['kernel'] as Kernel;
}

/** A panel with one tile of each kind, long enough for the calls not to count: its sizes and where its parts lie. */
const TRIAL = { rows: 11, inner: 512, words: 0, from: 128, c: 1024, a: 8192, b: 65_536 } as const;

/** Runs a kernel on the trial. Returns its result and the shortest time of a call. */
function tryOut(module: object): { readonly result: Float32Array; readonly ms: number } {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
  const kernel = widePanels(module, memory);
  const { rows, inner, words, from, c, a, b } = TRIAL;
  const f32 = new Float32Array(memory.buffer);
  for (let i = 0; i < rows * inner; i++) f32[a / 4 + i] = Math.sin(i);
  for (let i = 0; i < inner * 16; i++) f32[b / 4 + i] = Math.cos(3 * i);
  f32.fill(0.5, from / 4, from / 4 + 16);
  const operands = new Int32Array(memory.buffer, words);
  operands.set([c, 64, a, inner * 4, 4, b, 64, inner, from, 0]);
  operands.set([1, 1, 1], FIRST_COUNT / 4);
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 20; round++) {
    const start = performance.now();
    for (let i = 0; i < 20; i++) kernel(words);
    ms = Math.min(ms, (performance.now() - start) / 20);
  }
  return { result: f32.slice(c / 4, c / 4 + rows * 16), ms };
}

/** The least factor by which the wide loop must be faster; where it works it is above 2. */
const LEAST_GAIN = 1.4;

/** The compiled module, or why wide panels are not used here. */
export type WideModule = { readonly module: object } | { readonly reason: string };

function findWideModule(): WideModule {
  const version = process.versions.v8;
  if (!TESTED_V8.some((tested) => version.startsWith(`${tested}.`))) {
    return { reason: `256-bit vectors are not tested on V8 ${version}` };
  }
  const bytes = kernelModule([], new PanelCode().generate());
  if (!WebAssembly.validate(bytes)) return { reason: 'there is no relaxed SIMD' };
  const module = compileNow(bytes, true);
  const [expected, wide] = [tryOut(compileNow(renamed(bytes), false)), tryOut(module)];
  if (!expected.result.every((value, i) => Object.is(value, wide.result[i]))) {
    return { reason: '256-bit vectors give other results here' };
  }
  return wide.ms * LEAST_GAIN < expected.ms ? { module } : { reason: '256-bit vectors are no faster here' };
}

let found: WideModule | null = null;

/** The module for wide panels, tried out once per process (about 15 ms). */
export function wideModule(): WideModule {
  found ??= findWideModule();
  return found;
}
