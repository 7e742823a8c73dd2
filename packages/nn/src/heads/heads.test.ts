import { readFileSync } from 'node:fs';
import { createRng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bernoulliHead,
  categoricalHead,
  compile,
  type Head,
  independentHeads,
  normalHead,
  poissonHead,
  tf,
  useBackend,
} from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

function losses(head: Head, parameters: number[][], y: number[][]): number[] {
  return tf.tidy(() => [...head.negativeLogLikelihood(tf.tensor2d(parameters), tf.tensor2d(y)).dataSync()]);
}

describe('negative log-likelihoods have the values of their formulas', () => {
  it('normal with a known sigma', () => {
    const normal = (z: number, sigma: number) => 0.5 * z * z + Math.log(sigma) + HALF_LOG_TWO_PI;
    expectClose(losses(normalHead(), [[0], [2]], [[0], [0.5]]), [normal(0, 1), normal(1.5, 1)], { rtol: 1e-6 });
    const two = normalHead({ targets: 2, sigma: 0.5 });
    expectClose(losses(two, [[1, 2]], [[1.5, 2]]), [normal(1, 0.5) + normal(0, 0.5)], { rtol: 1e-6 });
  });

  it('normal with a sigma of the input, by softplus and by square', () => {
    const sigma = Math.log1p(Math.exp(0.3)) + 1e-3;
    const expected = 0.5 * (0.7 / sigma) ** 2 + Math.log(sigma) + HALF_LOG_TWO_PI;
    expectClose(losses(normalHead({ sigma: 'input' }), [[1, 0.3]], [[1.7]]), [expected], { rtol: 1e-6 });
    const squared = normalHead({ sigma: 'input', positive: 'square', minSigma: 1e-6 });
    const two = 0.5 * 0.35 ** 2 + Math.log(2) + HALF_LOG_TWO_PI;
    expectClose(losses(squared, [[1, -2]], [[1.7]]), [two], { rtol: 1e-6 });
  });

  it('bernoulli, also where the probability rounds to one', () => {
    const expected = [Math.LN2, Math.log1p(Math.exp(-1)), 200];
    expectClose(losses(bernoulliHead(), [[0], [1], [200]], [[1], [1], [0]]), expected, { rtol: 1e-6 });
  });

  it('categorical, uniform logits give log of the number of classes', () => {
    const head = categoricalHead({ classes: 3 });
    expectClose(losses(head, [[4, 4, 4]], [[2]]), [Math.log(3)], { rtol: 1e-6 });
    const rows = categoricalHead({ classes: 3, labels: 'probabilities' });
    const total = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
    expectClose(losses(rows, [[1, 2, 3]], [[0.25, 0, 0.75]]), [total - 0.25 - 0.75 * 3], { rtol: 1e-6 });
    expectClose(losses(head, [[1, 2, 3]], [[1]]), [total - 2], { rtol: 1e-6 });
  });

  it('several outputs: the joint one is the sum of the heads', () => {
    const joint = independentHeads({
      size: normalHead(),
      alive: bernoulliHead(),
      kind: categoricalHead({ classes: 2 }),
    });
    expect([joint.parameters, joint.targets]).toEqual([4, 3]);
    const single = [
      losses(normalHead(), [[0.3]], [[1]]),
      losses(bernoulliHead(), [[-1]], [[1]]),
      losses(categoricalHead({ classes: 2 }), [[2, 1]], [[1]]),
    ];
    expectClose(losses(joint, [[0.3, -1, 2, 1]], [[1, 1, 1]]), [single.reduce((total, [loss]) => total + loss!, 0)], {
      rtol: 1e-6,
    });
  });
});

interface Case {
  readonly parameters: number[][];
  readonly targets: number[][];
  readonly losses: number[];
  readonly gradients: number[][];
}

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/heads.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>;
};

const HEADS: Readonly<Record<string, Head>> = {
  'normal, sigma 0.5': normalHead({ targets: 2, sigma: 0.5 }),
  'normal, sigma of the input': normalHead({ targets: 2, sigma: 'input' }),
  bernoulli: bernoulliHead({ targets: 2 }),
  categorical: categoricalHead({ classes: 3 }),
  poisson: poissonHead({ targets: 2 }),
};

describe('negative log-likelihoods and gradients are those of PyTorch and SciPy, also far out', () => {
  it.each(Object.entries(cases))('%s', (name, { parameters, targets, losses: expected, gradients }) => {
    const head = HEADS[name]!;
    expectClose(losses(head, parameters, targets), expected, { rtol: 2e-5, atol: 1e-6 });
    const y = tf.tensor2d(targets);
    const slopes = tf.grad((p) => tf.sum(head.negativeLogLikelihood(p as tf.Tensor, y)))(tf.tensor2d(parameters));
    expectClose(slopes.dataSync(), gradients.flat(), { rtol: 1e-4, atol: 1e-5 });
  });
});

it('compiled, they take the same steps', () => {
  for (const [name, { parameters, targets }] of Object.entries(cases)) {
    const head = HEADS[name]!;
    const step = (p: tf.Tensor, y: tf.Tensor) => {
      const { value, grad } = tf.valueAndGrad((x) => tf.sum(head.negativeLogLikelihood(x as tf.Tensor, y)))(p);
      return [value, grad];
    };
    const [p, y] = [tf.tensor2d(parameters), tf.tensor2d(targets)];
    const eager = step(p, y);
    const compiled = compile(step)(p, y) as tf.Tensor[];
    for (const [i, result] of compiled.entries()) {
      expectClose(result.dataSync(), eager[i]!.dataSync(), { rtol: 1e-5, atol: 1e-6 });
    }
  }
});

describe('gradients agree with finite differences', () => {
  const heads = (): readonly (readonly [string, Head, number[]])[] => [
    ['normal', normalHead({ targets: 2, sigma: 0.7 }), [0.2, 1]],
    ['normal of the input', normalHead({ targets: 2, sigma: 'input' }), [0.2, 1]],
    ['normal by square', normalHead({ targets: 2, sigma: 'input', positive: 'square' }), [0.2, 1]],
    ['bernoulli', bernoulliHead({ targets: 2 }), [0, 1]],
    ['categorical', categoricalHead({ classes: 3 }), [1]],
    ['poisson', poissonHead({ targets: 2 }), [0, 3]],
    ['joint', independentHeads({ a: normalHead({ sigma: 'input' }), b: categoricalHead({ classes: 2 }) }), [0.4, 1]],
  ];

  it('of the parameters', () => {
    for (const [name, head, y] of heads()) {
      const at = [...createRng(3).split(name).fillNormal(new Float32Array(head.parameters))];
      const loss = (row: number[]) => losses(head, [row], [y])[0]!;
      const gradient = tf.tidy(() =>
        tf
          .grad((p) => tf.sum(head.negativeLogLikelihood(p as tf.Tensor, tf.tensor2d([y]))))(tf.tensor2d([at]))
          .dataSync(),
      );
      const h = 1e-2;
      const numeric = at.map((x, i) => (loss(at.with(i, x + h)) - loss(at.with(i, x - h))) / (2 * h));
      expectClose(gradient, numeric, { rtol: 5e-3, atol: 1e-3 });
    }
  });

  it('of a learned sigma, whose optimum is the root mean square error', () => {
    const head = normalHead({ sigma: 'learned', initialSigma: 2 });
    const optimizer = tf.train.adam(0.05);
    const step = compile(
      (mean: tf.Tensor2D, y: tf.Tensor2D) =>
        optimizer.minimize(() => tf.mean(head.negativeLogLikelihood(mean, y)) as tf.Scalar, true, [...head.variables])!,
    );
    const [mean, y] = [new Float32Array(4), Float32Array.of(0.3, -0.3, 0.6, -0.6)];
    step.prepare({ shape: [4, 1] }, { shape: [4, 1] });
    for (let i = 0; i < 600; i++) step.run([mean, y]);
    expectClose(Math.exp(head.variables[0]!.dataSync()[0]!), Math.sqrt((0.09 + 0.36) / 2), { rtol: 1e-3 });
  });
});

describe('predictions', () => {
  it('are the mode and named statistics', () => {
    const joint = independentHeads({
      a: normalHead({ sigma: 'input' }),
      b: bernoulliHead(),
      c: categoricalHead({ classes: 3 }),
    });
    const rows = tf.tensor2d([[1.5, 0, -1, 0, 5, 1]]);
    expect([...joint.mode(rows).dataSync()]).toEqual([1.5, 0, 1]);
    const statistics = joint.describe(rows);
    expect(Object.keys(statistics)).toEqual(['a.mean', 'a.sigma', 'b.probability', 'c.probabilities']);
    expectClose(statistics['a.sigma']!.dataSync(), [Math.LN2 + 1e-3], { rtol: 1e-6 });
    expectClose(statistics['b.probability']!.dataSync(), [1 / (1 + Math.E)], { rtol: 1e-6 });
    const counts = poissonHead();
    expectClose(counts.describe(tf.tensor2d([[Math.log(2.5)]]))['rate']!.dataSync(), [2.5], { rtol: 1e-6 });
    expect([...counts.mode(tf.tensor2d([[Math.log(2.5)]])).dataSync()]).toEqual([2]);
  });

  it('refuse outputs and options that do not fit', () => {
    expect(() => losses(normalHead({ sigma: 'input' }), [[1]], [[1]])).toThrow(
      /expected shape \[batch, 2\], got \[1,1\]/,
    );
    expect(() => losses(bernoulliHead(), [[1]], [[1, 2]])).toThrow(/targets: expected shape \[batch, 1\]/);
    expect(() => normalHead({ sigma: -1 })).toThrow(/expected a positive number, got -1/);
    expect(poissonHead().targetProblem(0, 1.5)).toMatch(/a count/);
    expect(() => categoricalHead({ classes: 0 })).toThrow(/positive integer/);
    expect(() => independentHeads({})).toThrow(/at least one head/);
  });
});
