import { createRng, type Rng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, mlp, tf, useBackend } from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** Names of the steps of the only plan. */
function steps(explanation: string): string[] {
  return explanation
    .split('\n')
    .slice(1)
    .map(
      (line) =>
        line
          .trim()
          .replace(/^\d+\s+/, '')
          .split(':')[0]!,
    );
}

const input = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });

describe('fusion', () => {
  it('makes one pass of a chain, whatever broadcasts into it', () => {
    const fn = compile((x: tf.Tensor, bias: tf.Tensor, row: tf.Tensor) => x.mul(2).add(bias).tanh().sub(row).relu());
    fn(input(8, 5), input(5), input(8, 1));
    expect(steps(fn.explain())).toEqual(['mul·add·tanh·sub·max']);
  });

  it('puts bias and rectifier into the product', () => {
    const model = mlp({ inputs: 4, hidden: [8, 8], outputs: 2, rng: createRng(1) });
    const fn = compile((x: tf.Tensor) => model.apply(x) as tf.Tensor);
    fn(input(16, 4));
    expect(steps(fn.explain())).toEqual(['matmul', 'matmul', 'matmul']);
  });

  it('computes common and unused steps once or never', () => {
    const fn = compile((x: tf.Tensor) => {
      x.matMul(x);
      return [x.exp().sum(), x.exp().max()];
    });
    fn(input(3, 3));
    expect(steps(fn.explain())).toEqual(['exp', 'reduceSum', 'reduceFold']);
  });

  it('folds what depends on constants only', () => {
    const fn = compile((x: tf.Tensor) => x.add(tf.ones([3]).mul(2).exp().sum()));
    fn(input(3));
    expect(steps(fn.explain())).toEqual(['add']);
  });
});

const SHAPES: readonly (readonly number[])[] = [[4, 6], [6], [4, 1], [1, 6], [], [4, 6]];

const UNARY: readonly ((x: tf.Tensor) => tf.Tensor)[] = [
  (x) => x.relu(),
  (x) => x.tanh(),
  (x) => x.sigmoid(),
  (x) => x.abs().add(1).log(),
  (x) => x.square().neg(),
  (x) => x.mul(x.step(0.2)).sub(0.1),
  (x) => x.clipByValue(-1, 1).exp(),
  (x) => (x.rank === 2 ? x.sum(1, true) : x.mul(0.5)),
  (x) => (x.rank === 2 ? x.mean(0) : x.add(0.25)),
  (x) => (x.rank === 2 && x.shape[0] === x.shape[1] ? x.transpose() : x.step(0.5)),
  (x) => (x.rank === 2 ? x.matMul(x, false, true).matMul(x).mul(0.01) : x),
];

const BINARY: readonly ((a: tf.Tensor, b: tf.Tensor) => tf.Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a, b) => a.sub(b.mul(0.3)),
  (a, b) => a.add(b).relu(),
  (a, b) => a.div(b.abs().add(1)),
];

/** Whether two shapes broadcast together. */
function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  return [1, 2].every((i) => {
    const [x, y] = [a.at(-i) ?? 1, b.at(-i) ?? 1];
    return x === y || x === 1 || y === 1;
  });
}

/** A random expression over the inputs: the choices are drawn once, so that every call builds the same graph. */
function randomExpression(rng: Rng): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  const choices = Array.from({ length: 18 }, () => [rng.uint32(), rng.uint32(), rng.uint32()] as const);
  return (...inputs) => {
    const values = [...inputs];
    for (const [kind, first, second] of choices) {
      const a = values[first % values.length]!;
      const b = values[second % values.length]!;
      const paired = kind % 3 > 0 && broadcasts(a.shape, b.shape);
      values.push(paired ? BINARY[kind % BINARY.length]!(a, b) : UNARY[kind % UNARY.length]!(a));
    }
    return values.slice(-3);
  };
}

describe('random expressions', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'compute and differentiate as on the cpu backend: %i',
    async (seed) => {
      const rng = createRng(seed);
      const expression = randomExpression(rng.split('graph'));
      const draw = rng.split('data');
      const arrays = SHAPES.map((shape) => draw.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))));
      // All inputs take part, so that each has a gradient.
      const loss = (...inputs: tf.Tensor[]) =>
        [...expression(...inputs), ...inputs].reduce<tf.Tensor>(
          (sum, y) => sum.add(y.mean()),
          tf.scalar(0),
        ) as tf.Scalar;
      const work = (...inputs: tf.Tensor[]) => {
        const { value, grads } = tf.valueAndGrads(loss)(inputs);
        return [value, ...grads, ...expression(...inputs)];
      };
      const tensors = () => arrays.map((data, i) => tf.tensor(data, [...SHAPES[i]!]));
      await useBackend('cpu');
      const expected = work(...tensors()).map((y) => y.dataSync() as Float32Array);
      await useBackend('simd');
      const actual = compile(work)(...tensors()).map((y) => y.dataSync() as Float32Array);
      for (const [i, values] of expected.entries()) expectClose(actual[i]!, values, { rtol: 1e-4, atol: 1e-5 });
    },
  );
});
