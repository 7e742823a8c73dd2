import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { modelWeights, setModelWeights, tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentDefinition } from '../env/registry.ts';
import { actionDistribution } from '../network/distribution.ts';
import { perceptron } from '../network/perceptron.ts';
import { clippedObjective, logDensityObjective, policyGradientLosses } from './policy-gradient.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const ROWS = 5;
const rng = createRng(7);
const column = (values: readonly number[]) => tf.tensor1d([...values]);

/** Networks for an environment, and a minibatch whose last row does not count. */
function setting(env: 'CartPole-v1' | 'Pendulum-v1', masked: boolean) {
  const definition = environmentDefinition(env);
  const distribution = actionDistribution(definition);
  const inputs = definition.observationSpec.size;
  const network = (outputs: number, label: string) =>
    perceptron({ inputs, hidden: [3], outputs, activation: 'tanh', rng: rng.split(label) });
  const actor = network(distribution.outputs, 'actor');
  const critic = network(1, 'critic');
  const numbers = (size: number) => rng.fillNormal(new Float32Array(size));
  const discrete = env === 'CartPole-v1';
  const chosen = discrete ? Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0, 0, 1) : numbers(ROWS);
  const batch = {
    observations: tf.tensor2d(numbers(ROWS * inputs), [ROWS, inputs]),
    actions: tf.tensor2d(chosen, [ROWS, distribution.actionSize]),
    logDensities: column([-0.9, -0.5, -0.7, -1.2, 3]),
    advantages: column([1, -2, 0.5, -0.3, 1e3]),
    returns: column([3, -1, 2, 0, 1e3]),
    weights: column([1, 1, 1, 1, 0]),
    clipRange: column([0.2]),
    legal: masked ? tf.tensor2d([1, 1, 0, 1, 1, 1, 1, 0, 1, 1], [ROWS, 2], 'bool') : undefined,
  };
  return { actor, critic, distribution, batch };
}

describe.each([
  ['CartPole-v1', false],
  ['CartPole-v1', true],
  ['Pendulum-v1', false],
] as const)('%s, masked: %s', (env, masked) => {
  test.each([
    ['log density', logDensityObjective],
    ['clipped', clippedObjective],
  ])('gradients of the %s objective are those of finite differences', (_name, objective) => {
    const { batch, ...networks } = setting(env, masked);
    const weightings = { valueWeight: 0.5, entropyWeight: 0.01 };
    const { total } = policyGradientLosses(networks, objective, weightings, batch);
    for (const model of [networks.actor, networks.critic]) {
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const { grads } = tf.variableGrads(total, variables);
      const weights = modelWeights(model);
      for (const [k, variable] of variables.entries()) {
        const numeric = weights[k]!.map((_, i) => {
          const at = (change: number) => {
            const moved = weights.map((values) => values.slice());
            moved[k]![i]! += change;
            setModelWeights(model, moved);
            return total().dataSync()[0]!;
          };
          return (at(1e-2) - at(-1e-2)) / 2e-2;
        });
        setModelWeights(model, weights);
        expectClose(grads[variable.name]!.dataSync(), numeric, { rtol: 0.02, atol: 2e-3 });
      }
    }
  });
});

test('losses by hand: rows that do not count, advantages, entropy', () => {
  const { batch, ...networks } = setting('CartPole-v1', false);
  const outputs = networks.actor.apply(batch.observations) as tf.Tensor;
  const logits = outputs.dataSync();
  const values = (networks.critic.apply(batch.observations) as tf.Tensor).dataSync();
  const [actions, advantages, returns] = [batch.actions, batch.advantages, batch.returns].map((x) => x.dataSync());
  let [policy, critic, entropy] = [0, 0, 0];
  for (let row = 0; row < 4; row++) {
    const shares = [0, 1].map((a) => Math.exp(logits[2 * row + a]!));
    const p = shares.map((share) => share / (shares[0]! + shares[1]!));
    const action = actions![2 * row] === 1 ? 0 : 1;
    policy -= (Math.log(p[action]!) * advantages![row]!) / 4;
    critic += (returns![row]! - values[row]!) ** 2 / 4;
    entropy -= p.reduce((sum, q) => sum + q * Math.log(q), 0) / 4;
  }
  const { parts } = policyGradientLosses(networks, logDensityObjective, { valueWeight: 1, entropyWeight: 0 }, batch);
  const found = parts().map((part) => part.dataSync()[0]!);
  expectClose(found, [policy, critic, entropy], { rtol: 1e-4, atol: 1e-5 });
});

test('the clipped objective stops where the ratio leaves the range to its own advantage', () => {
  const logs = column([Math.log(1.5), Math.log(1.5), Math.log(0.5), Math.log(0.5)]);
  const objective = clippedObjective(logs, column([0, 0, 0, 0]), column([1, -1, 1, -1]), column([0.2]));
  expectClose(objective.dataSync(), [1.2, -1.5, 0.5, -0.8], { rtol: 1e-5, atol: 0 });
});

test('an illegal action has no probability', () => {
  const { batch, ...networks } = setting('CartPole-v1', true);
  const { distribution } = networks;
  const logits = tf.tensor2d([5, 1], [1, 2]);
  const legal = tf.tensor2d([0, 1], [1, 2], 'bool');
  expect(distribution.logDensity(logits, tf.tensor2d([0, 1], [1, 2]), legal).dataSync()[0]).toBeCloseTo(0, 6);
  expect(distribution.entropy(logits, legal).dataSync()[0]).toBeCloseTo(0, 6);
  const [one, action] = [new Float32Array(2), new Int32Array(1)];
  for (let i = 0; i < 50; i++) {
    distribution.sample(Float32Array.of(5, 1), rng, one, action, Uint8Array.of(0, 1));
    expect(action[0]).toBe(1);
  }
  distribution.mode(Float32Array.of(5, 1), action, Uint8Array.of(0, 1));
  expect(action[0]).toBe(1);
  expect(batch.legal).toBeDefined();
});
