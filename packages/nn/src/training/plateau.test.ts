import { readFileSync } from 'node:fs';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit, type PlateauOptions, squaredError, tf, useBackend } from '../index.ts';
import { afterEpoch, NO_PLATEAU, plateauSettings } from './plateau.ts';

interface Fixture {
  readonly losses: readonly number[];
  readonly cases: readonly { readonly options: PlateauOptions; readonly rates: readonly number[] }[];
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/plateau.json', import.meta.url), 'utf8')) as Fixture;

beforeAll(async () => {
  await useBackend('simd');
});

describe('reductions on a plateau', () => {
  it.each(fixture.cases.map((c) => [JSON.stringify(c.options), c] as const))('are those of PyTorch: %s', (_name, c) => {
    const settings = plateauSettings(c.options);
    let state = NO_PLATEAU;
    const rates = fixture.losses.map((loss, i) => {
      state = afterEpoch(state, loss, i + 1, settings);
      return Math.max(0.01 * state.scale, settings.minimum);
    });
    expectClose(rates, c.rates, { rtol: 1e-12 });
  });

  // The loss of a model that cannot learn (all inputs are zero, no bias) never improves.
  const stuck = (reduceOnPlateau: PlateauOptions, epochs = 5, more = {}) => {
    const layer = tf.layers.dense({ units: 1, useBias: false, inputShape: [1] });
    const data = {
      x: { data: new Float32Array(4), shape: [4, 1] },
      y: { data: Float32Array.of(1, 1, 1, 1), shape: [4] },
    };
    const options = { loss: squaredError, optimizer: tf.train.sgd(0.5), epochs, reduceOnPlateau, ...more };
    return fit(tf.sequential({ layers: [layer] }), data, options);
  };
  const rates = async (...args: Parameters<typeof stuck>) => (await stuck(...args)).history.map((r) => r.learningRate);

  it('lower the learning rate of the epochs that follow', async () => {
    expect(await rates({ factor: 0.5, patience: 2 })).toEqual([0.5, 0.5, 0.5, 0.25, 0.25]);
    expect(await rates({ factor: 0.5, patience: 1, minimum: 0.2 })).toEqual([0.5, 0.5, 0.25, 0.2, 0.2]);
  });

  it('multiply what a schedule says', async () => {
    const schedule = (step: number) => 8 / 2 ** step;
    expect(await rates({ factor: 0.5, patience: 1 }, 4, { schedule })).toEqual([8, 4, 1, 0.25]);
  });

  it('go on where a resumed run was', async () => {
    const reduce = { factor: 0.5, patience: 2, cooldown: 1 };
    const whole = await stuck(reduce, 9);
    const half = await stuck(reduce, 4);
    const resumed = await stuck(reduce, 9, { resume: structuredClone(half.state) });
    expect(resumed.history.map((r) => r.learningRate)).toEqual(whole.history.map((r) => r.learningRate));
  });

  it('watch a metric that should rise, and refuse one that is not measured', async () => {
    let accuracy = 0;
    const rising = () => tf.fill([4], ++accuracy) as tf.Tensor1D;
    await useBackend('cpu');
    const options = { metric: 'accuracy', maximise: true, factor: 0.5, patience: 1 };
    expect(await rates(options, 4, { metrics: { accuracy: rising } })).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(await rates({ ...options, maximise: false }, 4, { metrics: { accuracy: rising } })).toEqual([
      0.5, 0.5, 0.25, 0.125,
    ]);
    await useBackend('simd');
    await expect(rates({ metric: 'recall' }, 1)).rejects.toThrow(/expected one that is measured \(none\), got recall/);
  });

  it('refuse options out of range', () => {
    expect(() => plateauSettings({ factor: 1 })).toThrow(/factor: expected a number in \(0, 1\), got 1/);
    expect(() => plateauSettings({ patience: 0 })).toThrow(/reduceOnPlateau: patience/);
  });
});
