import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { modelWeights, useBackend } from '@skein/nn';
import { beforeAll, expect, test } from 'vitest';
import { perceptron } from './perceptron.ts';
import { targetUpdate } from './target.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const network = (seed: number) => perceptron({ inputs: 2, hidden: [3], outputs: 1, rng: createRng(seed) });

test('rate 1 copies, a smaller rate goes that part of the way', () => {
  const online = network(1);
  const target = network(2);
  const [from, to] = [modelWeights(target), modelWeights(online)];
  const slow = targetUpdate(online, target, 0.25);
  slow.update();
  for (const [i, weights] of modelWeights(target).entries()) {
    expectClose(
      weights,
      from[i]!.map((w, k) => 0.75 * w + 0.25 * to[i]![k]!),
      { rtol: 1e-6, atol: 1e-8 },
    );
  }
  targetUpdate(online, target, 1).update();
  expect(modelWeights(target)).toEqual(to);
  expect(modelWeights(online)).toEqual(to);
});

test('biases and kernels are uniform within 1 / sqrt(fan in), equal for equal streams', () => {
  const weights = modelWeights(perceptron({ inputs: 100, hidden: [400], outputs: 1, rng: createRng(3) }));
  const bound = (values: Float32Array) => values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
  expectClose([bound(weights[0]!), bound(weights[1]!)], [0.1, 0.1], { rtol: 0.02, atol: 0 });
  expectClose(bound(weights[2]!), 0.05, { rtol: 0.02, atol: 0 });
  expect(modelWeights(network(1))).toEqual(modelWeights(network(1)));
});
