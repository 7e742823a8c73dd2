import { expectClose } from '@skein/core/testkit';
import { expect, test } from 'vitest';
import { createMinibatch, gather, normalise } from './minibatch.ts';

test('gather copies whole rows in the given order', () => {
  const judged = {
    inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
    actions: Float32Array.of(10, 20, 30),
    masks: Uint8Array.of(1, 0, 0, 1, 1, 1),
    logDensities: Float32Array.of(-1, -2, -3),
    advantages: Float32Array.of(0.1, 0.2, 0.3),
    returns: Float32Array.of(7, 8, 9),
  };
  const batch = createMinibatch(2, 2, 1, 2);
  gather(judged, Int32Array.of(2, 0), batch);
  expect([...batch.observations]).toEqual([5, 6, 1, 2]);
  expect([...batch.actions]).toEqual([30, 10]);
  expect([...batch.logDensities]).toEqual([-3, -1]);
  expectClose(batch.advantages, [0.3, 0.1], { rtol: 1e-6, atol: 0 });
  expect([...batch.returns]).toEqual([9, 7]);
  expect([...batch.masks]).toEqual([1, 1, 1, 0]);
  expect([...batch.weights]).toEqual([1, 1]);
  gather(judged, Int32Array.of(1), batch);
  expect([[...batch.observations], [...batch.weights], [...batch.masks]]).toEqual([
    [3, 4, 0, 0],
    [1, 0],
    [0, 1, 0, 0],
  ]);
});

test('normalise gives mean 0 and standard deviation 1, also to equal numbers', () => {
  const values = Float32Array.of(1, 2, 3, 6);
  normalise(values);
  const [mean, variance] = [values.reduce((s, v) => s + v, 0) / 4, values.reduce((s, v) => s + v * v, 0) / 4];
  expectClose([mean, variance], [0, 1], { rtol: 1e-5, atol: 1e-6 });
  const equal = new Float32Array(3).fill(5);
  normalise(equal);
  expect([...equal]).toEqual([0, 0, 0]);
});
