import { readFileSync } from 'node:fs';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { compile, nadam, optimizerState, setLearningRate, setOptimizerState, tf, useBackend } from '../index.ts';

interface Fixture {
  readonly start: number[];
  readonly gradients: number[][];
  readonly cases: {
    readonly options: { lr: number; betas?: [number, number]; eps?: number; momentum_decay?: number };
    readonly steps: number[][];
  }[];
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/nadam.json', import.meta.url), 'utf8')) as Fixture;

beforeAll(async () => {
  await useBackend('simd');
});

/** A compiled step whose gradient is its argument. */
function stepper(optimizer: tf.Optimizer, x: tf.Variable) {
  return compile((g: tf.Tensor1D) => optimizer.minimize(() => tf.sum(tf.mul(g, x)) as tf.Scalar, true, [x])!, {
    inputs: [{ shape: [4] }],
  });
}

const make = ({ lr, betas = [0.9, 0.999], eps = 1e-8, momentum_decay = 4e-3 }: Fixture['cases'][number]['options']) =>
  nadam({ learningRate: lr, beta1: betas[0], beta2: betas[1], epsilon: eps, momentumDecay: momentum_decay });

describe('nadam takes the steps of PyTorch', () => {
  for (const [i, { options, steps }] of fixture.cases.entries()) {
    test(`case ${i}, eager and compiled`, () => {
      const [eager, compiled] = [make(options), make(options)];
      const [a, b] = [tf.variable(tf.tensor1d(fixture.start)), tf.variable(tf.tensor1d(fixture.start))];
      const step = stepper(compiled, b);
      for (const [t, gradient] of fixture.gradients.entries()) {
        tf.tidy(() => eager.applyGradients({ [a.name]: tf.tensor1d(gradient) }));
        step.run([Float32Array.from(gradient)]);
        expectClose(a.dataSync(), steps[t]!, { rtol: 2e-6, atol: 2e-7 });
        expectClose(b.dataSync(), steps[t]!, { rtol: 2e-6, atol: 2e-7 });
      }
    });
  }
});

describe('a compiled nadam', () => {
  it('follows its learning rate without a new plan', () => {
    const x = tf.variable(tf.zeros([4]) as tf.Tensor1D);
    const optimizer = nadam();
    const step = stepper(optimizer, x);
    step.run([new Float32Array(4).fill(1)]);
    const before = [...x.dataSync()];
    setLearningRate(optimizer, 0);
    step.run([new Float32Array(4).fill(1)]);
    expect([...x.dataSync()]).toEqual(before);
    expect(step.planCount).toBe(1);
  });

  it('continues from a saved state to the bit', () => {
    const gradient = Float32Array.of(1, -2, 0.5, 3);
    const [x, y] = [tf.variable(tf.zeros([4]) as tf.Tensor1D), tf.variable(tf.zeros([4]) as tf.Tensor1D)];
    const first = nadam({ learningRate: 0.1 });
    const step = stepper(first, x);
    for (let i = 0; i < 3; i++) step.run([gradient]);
    const second = nadam();
    setOptimizerState(second, structuredClone(optimizerState(first)));
    y.assign(x);
    const resumed = stepper(second, y);
    for (let i = 0; i < 3; i++) {
      step.run([gradient]);
      resumed.run([gradient]);
    }
    expect([...y.dataSync()]).toEqual([...x.dataSync()]);
    expect(second.iterations).toBe(first.iterations);
  });

  it('refuses options out of range', () => {
    expect(() => nadam({ beta1: 1 })).toThrow(/beta1: expected a number in \(0, 1\), got 1/);
    expect(() => nadam({ learningRate: Number.NaN })).toThrow(/learningRate: expected a non-negative number/);
  });
});
