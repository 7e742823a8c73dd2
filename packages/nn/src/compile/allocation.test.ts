// In a file of its own: other tests would keep the engine from optimising the code that is measured.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRng } from '@skein/core';
import { expect, it } from 'vitest';
import { compile, mlp, tf, useBackend } from '../index.ts';

const STEPS = 30_000;

/** Bytes of JavaScript heap per call, once the code is warm. */
function bytesPerCall(call: () => void, collect: () => void): number {
  for (let i = 0; i < STEPS; i++) call();
  collect();
  const before = getHeapStatistics().used_heap_size;
  for (let i = 0; i < STEPS; i++) call();
  return (getHeapStatistics().used_heap_size - before) / STEPS;
}

it('a training step and an inference make no JavaScript objects', async () => {
  await useBackend('simd');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const model = mlp({ inputs: 3, hidden: [8, 8], outputs: 2, rng: createRng(1) });
  const adam = tf.train.adam(0.01);
  const step = compile(
    (x: tf.Tensor) => adam.minimize(() => (model.apply(x) as tf.Tensor).square().mean() as tf.Scalar, true)!,
    { inputs: [{ shape: [16, 3] }] },
  );
  const predict = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor, { inputs: [{ shape: [16, 3] }] });
  const x = [new Float32Array(48)];
  const loss = [new Float32Array(1)];
  const y = [new Float32Array(32)];
  // Both warm up first: code optimised for one of them would be thrown away when the other begins.
  for (let i = 0; i < STEPS; i++) {
    step.run(x, loss);
    predict.run(x, y);
  }
  // The smallest object has 16 bytes; a boxed learning rate in code not yet optimised stays below that on average.
  expect(bytesPerCall(() => void step.run(x, loss), collect)).toBeLessThan(20);
  expect(bytesPerCall(() => void predict.run(x, y), collect)).toBeLessThan(8);
});
