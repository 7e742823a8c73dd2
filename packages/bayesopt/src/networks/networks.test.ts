import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { tf, useBackend } from '@skein/nn';
import { describe, expect, test } from 'vitest';
import { NetworkEnsemble } from './ensemble.ts';
import { BayesianLastLayer } from './last-layer.ts';

const rng = createRng(4);
const NOISE = 0.1;
const truth = (t: number): number => 20 + 5 * Math.sin(4 * t);
/** Noisy outcomes on [-1, 0.2] and [0.6, 1]: a gap in between. */
const X = Array.from({ length: 60 }, (_, i) => [i < 40 ? -1 + (1.2 * i) / 40 : 0.6 + (0.4 * (i - 40)) / 20]);
const y = X.map(([t]) => truth(t!) + 5 * NOISE * rng.normal());
const settings = { epochs: 150, hidden: [24, 24], seed: 3 };

describe.each<readonly [string, (seed?: number) => NetworkEnsemble | BayesianLastLayer]>([
  ['an ensemble', (seed = 3) => new NetworkEnsemble({ ...settings, members: 5, seed })],
  ['a Bayesian last layer', (seed = 3) => new BayesianLastLayer({ ...settings, seed })],
])('%s', (_name, create) => {
  test('follows the function, is less sure where there are no data, and knows the noise', () => {
    const model = create().fit(X, y);
    const { mean, variance } = model.predict([[-0.7], [-0.2], [0.8]]);
    [-0.7, -0.2, 0.8].forEach((t, i) => {
      expectClose(mean[i]!, truth(t), { atol: 0.7 });
    });
    const beyond = model.predict([[0.4], [2]]).variance;
    expect(beyond[1]!).toBeGreaterThan(10 * Math.max(...variance));
    expect(beyond[0]!).toBeGreaterThan(Math.max(...variance));
    const noisy = model.predict([[-0.7]], { noise: true }).variance[0]! - variance[0]!;
    expectClose(Math.sqrt(noisy), 5 * NOISE, { rtol: 0.5 });
    model.dispose();
  });

  test('nine of ten outcomes lie within two deviations where there are data', () => {
    const model = create().fit(X, y);
    const points = Array.from({ length: 100 }, (_, i) => [-1 + (1.2 * i) / 100]);
    const { mean, variance } = model.predict(points, { noise: true });
    const inside = points.filter(([t], i) => {
      return Math.abs(truth(t!) + 5 * NOISE * rng.normal() - mean[i]!) < 2 * Math.sqrt(variance[i]!);
    });
    expect(inside.length).toBeGreaterThanOrEqual(85);
    model.dispose();
  });

  test('equal seeds give equal predictions, others differ', () => {
    const at = (seed: number): number[] => {
      const model = create(seed).fit(X.slice(0, 10), y.slice(0, 10));
      const { mean, variance } = model.predict([[0.1], [0.5]]);
      model.dispose();
      return [...mean, ...variance];
    };
    const first = at(1);
    expect(at(1)).toEqual(first);
    expect(at(2)).not.toEqual(first);
  });

  test('a disposed one leaves nothing behind, and may be fitted again', () => {
    const model = create();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 2; i++) {
      model.fit(X.slice(0, 10), y.slice(0, 10)).predict([[0.1]]);
      expect(tf.memory().numTensors).toBeGreaterThan(before);
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('plain JavaScript gives nearly the same predictions', async () => {
    const short = { ...settings, epochs: 10, members: 2 };
    const model = create() instanceof NetworkEnsemble ? new NetworkEnsemble(short) : new BayesianLastLayer(short);
    const expected = model.fit(X, y).predict([[0.1]]);
    model.dispose();
    await useBackend('cpu');
    const found = model.fit(X, y).predict([[0.1]]);
    model.dispose();
    await useBackend('simd');
    expectClose(found.mean, expected.mean, { rtol: 1e-3 });
    expectClose(found.variance, expected.variance, { rtol: 0.05 });
  });

  test('says so when it diverges', () => {
    const model = create();
    const endless = { ...model.options, learningRate: 1e30, activation: 'relu' } as const;
    const diverging = model instanceof NetworkEnsemble ? new NetworkEnsemble(endless) : new BayesianLastLayer(endless);
    expect(() => diverging.fit(X, y)).toThrow(/expected a finite loss/);
  });

  test('refuses data that do not fit, and predictions before any', () => {
    expect(() => create().fit([[1], [2]], [1, Number.NaN])).toThrow(/y: expected finite numbers, got NaN in row \[1\]/);
    expect(() => create().fit([], [])).toThrow(/at least one point/);
    expect(() => create().predict([[1]])).toThrow(/no data yet/);
  });
});

test('a last layer needs a hidden one before it', () => {
  expect(() => new BayesianLastLayer({ hidden: [] })).toThrow(/at least one layer/);
});
