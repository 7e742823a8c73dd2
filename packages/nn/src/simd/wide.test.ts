import { createRng } from '@skein/core';
import { afterEach, describe, expect, it } from 'vitest';
import { tf, useBackend, useThreads } from '../index.ts';
import { SimdBackend } from './backend.ts';
import { BUILDS, type Build } from './module.ts';
import { wideModule } from './wide.ts';

async function useBuild(build?: Build): Promise<void> {
  tf.removeBackend('simd');
  tf.registerBackend('simd', () => new SimdBackend(build), 3);
  await useBackend('simd');
}

afterEach(() => useBuild());

const found = wideModule();
const works = 'module' in found;

const noise = (...shape: number[]) =>
  tf.tensor(createRng(3).fillNormal(new Float32Array(shape.reduce((product, n) => product * n, 1))), shape);

/** Rows, columns, inner size: every height of tiles, partial panels of both widths, several blocks, B in place. */
const SIZES = [
  [1, 70, 33],
  [3, 9, 600],
  [8, 24, 5],
  [13, 16, 0],
  [23, 31, 1100],
  [64, 2, 64],
  [131, 140, 513],
] as const;

/** The bits of products with bias and rectifier in all layouts, and of a batch. */
function products(): string[] {
  return SIZES.flatMap(([m, n, k]) =>
    [0, 1, 2, 3].map((layout) =>
      tf.tidy(() => {
        const [transposeA, transposeB] = [layout % 2 === 1, layout > 1];
        const a = noise(...(transposeA ? [2, k, m] : [2, m, k])) as tf.Tensor3D;
        const b = noise(...(transposeB ? [1, n, k] : [1, k, n])) as tf.Tensor3D;
        const bias = noise(n);
        const y = tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation: layout === 0 ? 'relu' : 'linear' });
        return Buffer.from(y.dataSync().buffer).toString('base64');
      }),
    ),
  );
}

describe('wide panels', () => {
  it('are used, or it is said why not', () => {
    if ('reason' in found) expect(found.reason).toMatch(/256-bit|relaxed/);
    else expect(found.module).toBeInstanceOf(Object);
  });

  it.skipIf(!works)('change no bit of a product, on one thread or several', async () => {
    await useBuild('relaxed');
    const expected = products();
    await useBuild('wide');
    expect((tf.backend() as SimdBackend).module.wide).not.toBeNull();
    expect(products()).toEqual(expected);
    useThreads(2);
    const large = () => Buffer.from(tf.matMul(noise(131, 300), noise(300, 77)).dataSync().buffer).toString('base64');
    const shared = large();
    useThreads(1);
    expect(large()).toBe(shared);
  });

  it('leave the other builds without them', async () => {
    for (const build of BUILDS.filter((name) => name !== 'wide')) {
      await useBuild(build);
      expect((tf.backend() as SimdBackend).module.wide).toBeNull();
    }
  });
});
