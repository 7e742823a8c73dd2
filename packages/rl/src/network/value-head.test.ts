import { expectClose } from '@skein/core/testkit';
import { compile, tf, useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { categoricalHead, meanHead, quantileHead, type ValueHead } from './value-head.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** What an oracle says about a head, see fixtures/value_heads.py. */
interface Oracle {
  readonly outputs: number[][];
  readonly next: number[][];
  readonly rewards: number[];
  readonly discounts: number[];
  readonly targets: number[][];
  readonly losses: number[];
  readonly means: number[];
  readonly gradient: number[][];
  /** Left out where they are the losses. */
  readonly errors?: number[];
}
interface Oracles {
  readonly categorical: readonly (Oracle & { readonly atoms: number; readonly low: number; readonly high: number })[];
  readonly quantile: Oracle & { readonly quantiles: number };
}
const oracles = fixture<Oracles>('value_heads');

/** A compiled head, so that what is tested is what training replays. */
function judge(head: ValueHead, { outputs, next, rewards, discounts }: Oracle) {
  const judged = compile((out: tf.Tensor2D, following: tf.Tensor2D, r: tf.Tensor1D, d: tf.Tensor1D) => {
    const targets = head.targets(following, r, d);
    const gradient = tf.grad((x) => tf.sum(head.losses(x, targets)))(out);
    return [targets, head.losses(out, targets), head.errors(out, targets), head.means(out), gradient];
  });
  const args = [tf.tensor2d(outputs), tf.tensor2d(next), tf.tensor1d(rewards), tf.tensor1d(discounts)] as const;
  const numbers = () => judged(...args).map((tensor) => tensor.dataSync());
  numbers();
  const [targets, losses, errors, means, gradient] = numbers();
  return { targets: targets!, losses: losses!, errors: errors!, means: means!, gradient: gradient! };
}

const heads: readonly (readonly [string, ValueHead, Oracle])[] = [
  ...oracles.categorical.map((oracle) => [`${oracle.atoms} atoms`, categoricalHead(oracle), oracle] as const),
  ['quantiles', quantileHead(oracles.quantile.quantiles), oracles.quantile],
];

describe.each(heads)('%s', (_name, head, oracle) => {
  test('targets, losses, errors, means and gradients are those of numpy and torch', () => {
    const tolerance = { rtol: 2e-4, atol: 2e-5 };
    const { targets, losses, errors, means, gradient } = judge(head, oracle);
    expectClose(targets, oracle.targets.flat(), tolerance);
    expectClose(losses, oracle.losses, tolerance);
    expectClose(errors, oracle.errors ?? oracle.losses, tolerance);
    expectClose(means, oracle.means, { rtol: 1e-4, atol: 1e-4 });
    expectClose(gradient, oracle.gradient.flat(), tolerance);
  });
});

test('projected probabilities sum to 1, and keep their mean where no atom leaves the bounds', () => {
  const head = categoricalHead({ atoms: 21, low: -10, high: 10 });
  const next = tf.tensor2d([Array.from({ length: 21 }, (_, i) => Math.sin(i))]);
  const targets = head.targets(next, tf.tensor1d([0.37]), tf.tensor1d([0.9]));
  expectClose(tf.sum(targets).dataSync(), [1], { rtol: 1e-5, atol: 0 });
  const mean = (probabilities: tf.Tensor): number =>
    (probabilities.dataSync() as Float32Array).reduce((sum, p, i) => sum + p * (i - 10), 0);
  expectClose(mean(targets), 0.37 + 0.9 * head.means(next).dataSync()[0]!, { rtol: 1e-4, atol: 1e-5 });
});

test("the mean head has the squared error, or Huber's loss", () => {
  const [outputs, targets] = [tf.tensor2d([[1], [2]]), tf.tensor2d([[1.5], [-1]])];
  expect([...meanHead('mse').losses(outputs, targets).dataSync()]).toEqual([0.25, 9]);
  expect([...meanHead('huber').losses(outputs, targets).dataSync()]).toEqual([0.125, 2.5]);
  expect([...meanHead('mse').errors(outputs, targets).dataSync()]).toEqual([0.5, -3]);
});

test('bounds that hold no return are refused', () => {
  expect(() => categoricalHead({ atoms: 51, low: 1, high: 1 })).toThrow(/expected low < high/);
});
