import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { categoricalHead, compile, tf, useBackend } from '../index.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('simd');
});

const noise = (seed: number, ...shape: number[]) =>
  createRng(seed).fillNormal(new Float32Array(shape.reduce((product, n) => product * n, 1)));

/** Names of the steps of the only plan. */
function steps(explanation: string): string[] {
  return [...explanation.matchAll(/^ *\d+ +([^:]+):/gm)].map(([, name]) => name!);
}

type Loss = (logits: tf.Tensor, labels: tf.Tensor) => tf.Tensor;

const LOSSES: Readonly<Record<string, Loss>> = {
  'tf.losses.softmaxCrossEntropy': (logits, labels) => tf.losses.softmaxCrossEntropy(labels, logits),
  'with label smoothing': (logits, labels) => tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0.1),
  'with weights': (logits, labels) =>
    tf.losses.softmaxCrossEntropy(labels, logits, tf.tensor2d([1, 0.5, 2, 1, 0, 1], [6, 1])),
  'the categorical head': (logits, labels) =>
    categoricalHead({ classes: 7, labels: 'probabilities' }).negativeLogLikelihood(logits, labels).mean(),
  'the categorical head on class numbers': (logits, labels) =>
    categoricalHead({ classes: 7 }).negativeLogLikelihood(logits, labels.argMax(1).expandDims(1).toFloat()).mean(),
  'a sum of log-probabilities': (logits, labels) => tf.logSoftmax(logits).mul(labels).sum(1).mean(),
};

/** Loss and both gradients, with labels that are probabilities. */
const gradients = (loss: Loss) => (logits: tf.Tensor, labels: tf.Tensor) => {
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor) => loss(x, labels) as tf.Scalar)([logits]);
  return [value, grads[0]!];
};

const probabilities = (rows: number, columns: number) =>
  tf.softmax(tf.tensor(noise(2, rows, columns), [rows, columns]));

describe('softmax cross-entropy', () => {
  it.each(Object.entries(LOSSES))('is one kernel in a plan, with its gradient: %s', async (_name, loss) => {
    const run = gradients(loss);
    const inputs = () => [tf.tensor(noise(1, 6, 7), [6, 7]), probabilities(6, 7)] as const;
    await useBackend('cpu');
    const expected = run(...inputs()).map((y) => y.dataSync() as Float32Array);
    await useBackend('simd');
    const compiled = compile(run);
    const actual = compiled(...inputs()).map((y) => y.dataSync() as Float32Array);
    for (const [i, values] of expected.entries()) expectClose(actual[i]!, values, { rtol: 1e-5, atol: 1e-6 });
    const names = steps(compiled.explain());
    expect(names).toContain('crossEntropy');
    expect(names.filter((name) => /exp|log|reduceFold/.test(name))).toEqual([]);
  });

  it('stays finite for large logits, and keeps NaN', () => {
    const loss = compile((x: tf.Tensor, y: tf.Tensor) => tf.losses.softmaxCrossEntropy(y, x));
    const labels = { data: Float32Array.of(1, 0, 0), shape: [1, 3] };
    expect(loss({ data: Float32Array.of(1000, -1000, 0), shape: [1, 3] }, labels).dataSync()[0]).toBe(0);
    expect(loss({ data: Float32Array.of(-1000, 1000, 0), shape: [1, 3] }, labels).dataSync()[0]).toBe(2000);
    expect(loss({ data: Float32Array.of(Number.NaN, 1, 0), shape: [1, 3] }, labels).dataSync()[0]).toBeNaN();
  });

  it('leaves the logarithm of softmax to its own kernel where it is used otherwise', () => {
    const fn = compile((x: tf.Tensor, y: tf.Tensor) => {
      const logs = tf.logSoftmax(x);
      return [logs, logs.mul(y).sum(1)];
    });
    const [x, y] = [tf.tensor(noise(3, 4, 5), [4, 5]), probabilities(4, 5)];
    const [logs, sums] = fn(x, y) as tf.Tensor[];
    expectClose(logs!.dataSync(), tf.logSoftmax(x).dataSync(), { atol: 1e-6 });
    expectClose(sums!.dataSync(), tf.logSoftmax(x).mul(y).sum(1).dataSync(), { atol: 1e-6 });
    expect(steps(fn.explain())).toContain('logSoftmax');
  });

  it('is not seen in what only looks like it', () => {
    const almost = [
      (x: tf.Tensor) => x.sub(x.max(1, true)).exp().sum(1, true).log().neg().add(x),
      (x: tf.Tensor) => x.sub(x.max(0)).sub(x.sub(x.max(0)).exp().sum(0).log()),
      (x: tf.Tensor) => x.sub(x.min(1, true)).sub(x.sub(x.max(1, true)).exp().sum(1, true).log()),
      (x: tf.Tensor) => x.sub(x.max(1, true)).sub(x.sub(x.max(1, true)).exp().mean(1, true).log()),
    ];
    const x = tf.tensor(noise(4, 5, 5), [5, 5]);
    for (const fn of almost) {
      const compiled = compile(fn);
      expectClose(compiled(x).dataSync(), fn(x).dataSync(), { rtol: 1e-5, atol: 1e-6 });
      expect(steps(compiled.explain())).not.toContain('logSoftmax');
    }
  });
});
