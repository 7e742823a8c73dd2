import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { scale } from '../kernels/compose.ts';
import { rbf } from '../kernels/stationary.ts';
import { averageSigmoid, GaussianProcessClassifier } from './classifier.ts';

const X = Array.from({ length: 8 }, (_, i) => [i / 7, ((3 * i) % 8) / 7]);
const labels = [1, 0, 0, 1, 0, 1, 1, 0];
const kernel = scale(rbf({ lengthscale: [0.5, 0.8] }), 1.5);

describe('golden numbers of scikit-learn 1.9', () => {
  const classifier = new GaussianProcessClassifier({ kernel }).fit(X, labels, { optimise: false });

  test('likelihood and gradient', () => {
    expectClose(classifier.logMarginalLikelihood(), -6.264799340310853, { rtol: 1e-9 });
    expectClose(classifier.logMarginalLikelihoodGradients()[0]!, [-0.4792045693, 0.1284068978, -0.2818773587], {
      atol: 1e-7,
    });
  });

  test('probabilities, which scikit-learn averages by a five-term approximation', () => {
    const rows = classifier.predictProbabilities([
      [0.3, 0.4],
      [0.9, 0.1],
    ]);
    expectClose(
      rows.map((row) => row[1]!),
      [0.4788081626, 0.5502663812],
      { atol: 2e-4 },
    );
  });
});

test('the gradient agrees with central differences', () => {
  const values = kernel.parameters.map((p) => p.value);
  const at = (v: number[]) =>
    new GaussianProcessClassifier({ kernel: kernel.withValues(v) }).fit(X, labels, { optimise: false });
  const gradient = at(values).logMarginalLikelihoodGradients()[0]!;
  values.forEach((_, p) => {
    const moved = (step: number): number =>
      at(values.map((v, q) => (q === p ? v * Math.exp(step) : v))).logMarginalLikelihood();
    expectClose(gradient[p]!, (moved(1e-4) - moved(-1e-4)) / 2e-4, { rtol: 1e-5, atol: 1e-7 });
  });
});

test('the averaged logistic function: exact at certainty, symmetric, and equal to a fine sum', () => {
  expectClose(averageSigmoid(1.3, 0), 1 / (1 + Math.exp(-1.3)));
  for (const [mean, deviation] of [
    [0.4, 1],
    [-2, 3],
    [1, 12],
  ] as const) {
    expectClose(averageSigmoid(mean, deviation) + averageSigmoid(-mean, deviation), 1, { rtol: 1e-12 });
    let sum = 0;
    for (let k = 0; k < 200_000; k++) {
      const z = -10 + (20 * (k + 0.5)) / 200_000;
      sum += (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / (1 + Math.exp(-mean - deviation * z))) * 1e-4;
    }
    expectClose(averageSigmoid(mean, deviation), sum, { atol: 1e-7 });
  }
});

test('separates three classes that it was fitted to, and is unsure between them', () => {
  const rng = createRng(1);
  const centres = { red: [0, 0], green: [2, 0], blue: [1, 2] } as const;
  const names = ['red', 'green', 'blue'] as const;
  const sample = Array.from({ length: 45 }, (_, i) => names[i % 3]!);
  const points = sample.map((name) => centres[name].map((c) => c + 0.3 * rng.normal()));
  const classifier = new GaussianProcessClassifier<(typeof names)[number]>({ kernel: scale(rbf(), 4) }).fit(
    points,
    sample,
  );
  expect(classifier.classes).toEqual(['blue', 'green', 'red']);
  expect(classifier.predict(names.map((name) => [...centres[name]]))).toEqual([...names]);
  const [row] = classifier.predictProbabilities([[1, 0.67]]);
  expect(Math.max(...row!)).toBeLessThan(0.75);
  expectClose(
    row!.reduce((a, b) => a + b),
    1,
  );
});

test('one class, or labels of another length, are refused', () => {
  const classifier = () => new GaussianProcessClassifier({ kernel });
  expect(() => classifier().fit(X, Array(8).fill('a'))).toThrow(/at least two classes, got \["a"\]/);
  expect(() => classifier().fit(X, [1, 2])).toThrow(/expected 8, one a point, got 2/);
  expect(() => classifier().predict(X)).toThrow(/no data yet/);
});
