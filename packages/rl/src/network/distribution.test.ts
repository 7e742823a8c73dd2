import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentDefinition } from '../env/registry.ts';
import { actionDistribution } from './distribution.ts';

beforeAll(async () => {
  await useBackend('simd');
});

describe('discrete actions', () => {
  const make = () => actionDistribution(environmentDefinition('CartPole-v1'));
  const logits = Float32Array.of(Math.log(0.2) + 3, Math.log(0.8) + 3);

  test('log density and entropy are those of softmax', () => {
    const output = tf.tensor2d([...logits, ...logits], [2, 2]);
    const chosen = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    expectClose(make().logDensity(output, chosen).dataSync(), [Math.log(0.2), Math.log(0.8)], { rtol: 1e-5, atol: 0 });
    const entropy = -0.2 * Math.log(0.2) - 0.8 * Math.log(0.8);
    expectClose(make().entropy(output).dataSync(), [entropy, entropy], { rtol: 1e-5, atol: 0 });
  });

  test('draws come with their probabilities, one-hot and as the environment takes them', () => {
    const [rng, oneHot, actions] = [createRng(1), new Float32Array(2), new Int32Array(1)];
    let ones = 0;
    for (let i = 0; i < 5000; i++) {
      make().sample(logits, rng, oneHot, actions);
      expect([...oneHot]).toEqual(actions[0] === 1 ? [0, 1] : [1, 0]);
      ones += actions[0]!;
    }
    // Standard error 0.0057.
    expect(Math.abs(ones / 5000 - 0.8)).toBeLessThan(0.028);
    make().mode(logits, actions);
    expect(actions[0]).toBe(1);
  });
});

describe('continuous actions', () => {
  const make = () => actionDistribution(environmentDefinition('Pendulum-v1'));

  test('log density and entropy are those of the normal distribution', () => {
    const distribution = make();
    distribution.variables[0]!.assign(tf.tensor1d([Math.log(0.5)]));
    const density = distribution.logDensity(tf.tensor2d([[0.2]]), tf.tensor2d([[0.9]])).dataSync();
    const expected = -0.5 * (0.7 / 0.5) ** 2 - Math.log(0.5 * Math.sqrt(2 * Math.PI));
    expectClose(density, [expected], { rtol: 1e-5, atol: 0 });
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E * 0.25);
    expectClose(distribution.entropy(tf.tensor2d([[0.2]])).dataSync(), [entropy], { rtol: 1e-5, atol: 0 });
  });

  test('what is drawn beyond the bounds is clipped for the environment only', () => {
    const [rng, drawn, actions] = [createRng(2), new Float32Array(1), new Float32Array(1)];
    const distribution = make();
    let beyond = 0;
    for (let i = 0; i < 200; i++) {
      distribution.sample(Float32Array.of(0.9), rng, drawn, actions);
      if (Math.abs(drawn[0]!) > 1) beyond++;
      // Pendulum's torque lies in [-2, 2].
      expectClose(actions[0]!, 2 * Math.max(-1, Math.min(1, drawn[0]!)), { rtol: 1e-6, atol: 1e-7 });
    }
    expect(beyond).toBeGreaterThan(50);
    distribution.mode(Float32Array.of(0.25), actions);
    expect(actions[0]).toBe(0.5);
  });

  test('bounded means are the tanh of what the network says, in densities, draws and modes alike', () => {
    const bounded = actionDistribution(environmentDefinition('Pendulum-v1'), { boundedMeans: true });
    const single = { rtol: 1e-6, atol: 0 };
    const [output, mean] = [Float32Array.of(0.8), Float32Array.of(Math.tanh(0.8))];
    const [actions, expected] = [new Float32Array(1), new Float32Array(1)];
    bounded.mode(output, actions);
    expectClose(actions, [2 * Math.tanh(0.8)], single);
    const [drawn, expectedDrawn] = [new Float32Array(1), new Float32Array(1)];
    bounded.sample(output, createRng(3), drawn, actions);
    make().sample(mean, createRng(3), expectedDrawn, expected);
    expectClose(drawn, expectedDrawn, single);
    const density = (distribution: typeof bounded, center: number) =>
      distribution.logDensity(tf.tensor2d([[center]]), tf.tensor2d([[drawn[0]!]])).dataSync();
    expectClose(density(bounded, output[0]!), density(make(), mean[0]!), { rtol: 1e-5, atol: 0 });
  });
});
