import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, createRandomStream, dropout, mlp, modelWeights, SeededDropout, tf, useBackend } from './index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

describe('random streams', () => {
  it('draw the same on simd and on the cpu backend', async () => {
    const draw = () => {
      const stream = createRandomStream(createRng(3).split('noise'));
      return [1, 7, 8, 33].flatMap((n) => [
        ...stream.uniform([n], -1, 2).dataSync(),
        ...stream.normal([n], 1, 0.5).dataSync(),
      ]);
    };
    const simd = draw();
    await useBackend('cpu');
    const cpu = draw();
    await useBackend('simd');
    expectClose(simd, cpu, { atol: 2e-6 });
  });

  it('have the moments of their distribution', () => {
    const stream = createRandomStream(createRng(1));
    const n = 40_000;
    const [mean, variance] = ['mean', 'variance'].map((key) => {
      const moments = tf.moments(stream.normal([n], 2, 3));
      return moments[key as 'mean' | 'variance'].dataSync()[0]!;
    });
    expect(Math.abs(mean! - 2)).toBeLessThan((5 * 3) / Math.sqrt(n));
    expect(Math.abs(variance! - 9)).toBeLessThan(5 * 9 * Math.sqrt(2 / n));
    const share = stream.bernoulli([n], 0.3).sum().dataSync()[0]! / n;
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / n));
    const uniform = stream.uniform([n]);
    expect(uniform.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(uniform.max().dataSync()[0]).toBeLessThan(1);
  });

  it('carry into the high word of the counter', () => {
    const stream = createRandomStream(createRng(1));
    const key = stream.state();
    stream.restore([key[0], key[1], -2, 0]);
    const across = stream.uniform([8]).dataSync();
    expect(stream.state()).toEqual([key[0], key[1], 2, 1]);
    stream.restore([key[0], key[1], 0, 1]);
    expect([...stream.uniform([4]).dataSync()]).toEqual([...across.slice(4)]);
  });

  it('draw new numbers in each call of a compiled function, the ones that eager code draws', () => {
    const [a, b] = [createRandomStream(createRng(5)), createRandomStream(createRng(5))];
    const noisy = compile((x: tf.Tensor) => x.add(a.normal([3])));
    const zero = { data: new Float32Array(3), shape: [3] };
    for (let i = 0; i < 3; i++) expect([...noisy(zero).dataSync()]).toEqual([...b.normal([3]).dataSync()]);
    a.restore(b.state());
    expect([...noisy(zero).dataSync()]).toEqual([...b.normal([3]).dataSync()]);
  });

  it('refuse a probability outside of [0, 1]', () => {
    expect(() => createRandomStream(createRng(1)).bernoulli([2], 1.5)).toThrow(
      /p: expected a number in \[0, 1\], got 1.5/,
    );
  });
});

describe('seeded dropout', () => {
  it('zeroes a share and scales the rest while training, and does nothing otherwise', () => {
    const layer = dropout({ rate: 0.25, rng: createRng(2) });
    const x = tf.ones([100, 100]);
    const kept = (layer.apply(x, { training: true }) as tf.Tensor).dataSync();
    expect(new Set(kept)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(Math.abs(kept.filter((v) => v === 0).length / 10_000 - 0.25)).toBeLessThan(0.02);
    expect((layer.apply(x) as tf.Tensor).min().dataSync()[0]).toBe(1);
  });

  it('trains compiled as it does eagerly', () => {
    const train = (wrap: boolean) => {
      const body = mlp({ inputs: 3, hidden: [], outputs: 8, rng: createRng(1) });
      const head = mlp({ inputs: 8, hidden: [], outputs: 1, rng: createRng(2) });
      const model = tf.sequential({
        layers: [...body.layers, dropout({ rate: 0.5, rng: createRng(3) }), ...head.layers],
      });
      const adam = tf.train.adam(0.01);
      const step = (x: tf.Tensor2D) =>
        adam.minimize(() => (model.apply(x, { training: true }) as tf.Tensor).square().mean() as tf.Scalar, true)!;
      const call = wrap ? compile(step) : step;
      for (let i = 0; i < 4; i++) call(tf.ones([5, 3]));
      return modelWeights(model);
    };
    const eager = train(false);
    for (const [i, weights] of train(true).entries()) expectClose(weights, eager[i]!, { atol: 1e-6 });
  });

  it('is saved with its state', () => {
    const layer = dropout({ rate: 0.5, rng: createRng(9) });
    layer.apply(tf.ones([4]), { training: true });
    const copy = SeededDropout.fromConfig(SeededDropout as never, layer.getConfig()) as unknown as SeededDropout;
    expect(copy.stream.state()).toEqual(layer.stream.state());
    expect(copy.rate).toBe(0.5);
  });
});
