import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { cosineDecay, exponentialDecay, linearDecay, logCosh, tf, useBackend, warmup } from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

describe('schedules', () => {
  it('have their values at the start, on the way and after the end', () => {
    const values = (schedule: (step: number) => number) => [0, 5, 10, 20].map(schedule);
    expectClose(values(exponentialDecay({ initial: 1, factor: 0.25, every: 10 })), [1, 0.5, 0.25, 0.0625]);
    const stairs = exponentialDecay({ initial: 1, factor: 0.25, every: 10, staircase: true });
    expectClose(values(stairs), [1, 1, 0.25, 0.0625]);
    expectClose(values(cosineDecay({ initial: 2, final: 1, steps: 10 })), [2, 1.5, 1, 1]);
    expectClose(values(linearDecay({ initial: 2, steps: 20 })), [2, 1.5, 1, 0]);
    expectClose(values(warmup(linearDecay({ initial: 2, steps: 20 }), 10)), [0.2, 1.2, 2, 1]);
  });

  it('refuse numbers out of range', () => {
    expect(() => cosineDecay({ initial: 1, steps: 0 })).toThrow(/steps: expected a positive number of steps, got 0/);
    expect(() => linearDecay({ initial: -1, steps: 1 })).toThrow(/initial: expected a non-negative number, got -1/);
  });
});

describe('log cosh', () => {
  it('is half a square when small and a size less log 2 when large, with gradient tanh', () => {
    const at = [0.01, -3, 200];
    const zeros = tf.zeros([3, 1]);
    const x = tf.tensor2d(at, [3, 1]);
    expectClose(logCosh(x, zeros).dataSync(), [5e-5, Math.log(Math.cosh(3)), 200 - Math.LN2], {
      rtol: 1e-5,
      atol: 2e-7,
    });
    const gradient = tf.grad((p) => tf.sum(logCosh(p as tf.Tensor, zeros)))(x);
    expectClose(gradient.dataSync(), at.map(Math.tanh), { rtol: 1e-5 });
  });
});
