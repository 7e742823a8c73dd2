import { createRng } from '@skein/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile, mlp, type NumberArray, tf, useBackend } from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

type AnyCompiled = Pick<Compiled<tf.Tensor[], tf.Tensor>, 'explain'>;

/** Names of the steps of the only plan. */
function steps(fn: AnyCompiled): string[] {
  return [...fn.explain().matchAll(/^ *\d+ +([^:]+):/gm)].map(([, name]) => name!);
}

/** Bytes of temporaries, arguments included, that the only plan needs. */
function temporaryBytes(fn: AnyCompiled): number {
  return Number(/(\d+) bytes of temporaries/.exec(fn.explain())![1]);
}

const ROW = 4 * 1024;
const x = { data: new Float32Array(1024).fill(2), shape: [1024] };

describe('memory of a plan', () => {
  it('is reused as soon as nobody reads it', () => {
    const chain = (length: number) => {
      const fn = compile((input: tf.Tensor) => {
        let y = input;
        for (let i = 0; i < length; i++)
          y = y
            .reshape([32, 32])
            .matMul(y.reshape([32, 32]))
            .reshape([1024]);
        return y;
      });
      fn(x).dispose();
      return temporaryBytes(fn);
    };
    expect(chain(20)).toBe(chain(3));
  });

  it('of an argument is given to results once it has been read', () => {
    const fn = compile((input: tf.Tensor) => [input.add(1), input.sum()]);
    const [y, sum] = fn(x) as tf.Tensor[];
    expect([y!.dataSync()[5], sum!.dataSync()[0]]).toEqual([3, 2048]);
    const inPlace = compile((input: tf.Tensor) => input.cumsum().add(1).mul(input.max()));
    for (let i = 0; i < 3; i++) expect(inPlace(x).dataSync()[3]).toBe(18);
    const single = compile((input: tf.Tensor) => input.add(1).relu());
    single(x).dispose();
    expect(temporaryBytes(single)).toBe(ROW);
  });

  it('of an argument is kept while it is needed, by the function or its result', () => {
    const same = compile((input: tf.Tensor) => [input, input.neg()]);
    const [first, second] = same(x) as tf.Tensor[];
    expect([first!.dataSync()[0], second!.dataSync()[0]]).toEqual([2, -2]);
    const row = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    const shifted = compile((input: tf.Tensor) => input.sub(input.slice([0, 0], [1, 2])).add(input.transpose()));
    expect([...shifted(row).dataSync()]).toEqual([1, 3, 4, 6]);
  });
});

describe('steps of a plan', () => {
  it('are none for views and for casts to the same type', () => {
    const fn = compile((input: tf.Tensor) =>
      input.reshape([32, 32]).expandDims(0).squeeze().toFloat().clone().flatten().exp(),
    );
    fn(x).dispose();
    expect(steps(fn)).toEqual(['exp']);
  });

  it('are one for each variable that Adam, momentum, RMSProp or SGD updates', () => {
    const optimizers = [
      tf.train.adam(0.01),
      tf.train.momentum(0.01, 0.9),
      tf.train.rmsprop(0.01),
      tf.train.sgd(0.01),
    ] as tf.Optimizer[];
    for (const optimizer of optimizers) {
      const model = mlp({ inputs: 3, hidden: [4], outputs: 2, rng: createRng(1) });
      const weights = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const gradients = compile((input: tf.Tensor) => {
        const loss = () => (model.apply(input) as tf.Tensor).square().mean() as tf.Scalar;
        return Object.values(tf.variableGrads(loss, weights).grads);
      });
      const step = compile((input: tf.Tensor) => {
        optimizer.minimize(() => (model.apply(input) as tf.Tensor).square().mean() as tf.Scalar, false, weights);
        return null;
      });
      for (const fn of [gradients, step]) fn.prepare({ shape: [8, 3] });
      // Adam's two powers of its rates move with each step too.
      const powers = optimizer.getClassName() === 'Adam' ? 2 : 0;
      expect(steps(step).length - steps(gradients).length, optimizer.getClassName()).toBe(weights.length + powers);
    }
  });

  it('are explained with sizes, bytes and operations', () => {
    const fn = compile((a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b).tanh().sum(1));
    fn.prepare({ shape: [4, 6] }, { shape: [6, 5] });
    const [head, ...lines] = fn.explain().split('\n');
    expect(head).toMatch(
      /^plan for \[4, 6\] \[6, 5\]: 3 steps, 0 in JavaScript, 0 variables, \d+ bytes of temporaries/,
    );
    expect(lines.map((line) => line.trim())).toEqual([
      '0  matmul: 4 x 5 x 6, 96+120+0 -> 80 bytes, 240 operations',
      '1  tanh: 1 x 20, 80 -> 80 bytes, 20 operations',
      '2  reduceSum: 4 x 5 x 1, 80 -> 16 bytes, 20 operations',
    ]);
  });

  it('are timed one by one, and move variables as a call does', () => {
    const total = tf.variable(tf.scalar(0));
    const add = compile((input: tf.Tensor) => {
      total.assign(total.add(input.exp().sum()) as tf.Scalar);
      return tf.localResponseNormalization(input.as3D(1, 2, 2));
    });
    add.prepare({ shape: [4] });
    const profile = add.profile([new Float32Array(4)], 5);
    expect(total.dataSync()[0]).toBe(20);
    expect(profile.map(({ name }) => name)).toEqual([
      'exp: 1 x 4',
      'reduceSum: 1 x 4 x 1',
      'add: 1 x 1',
      'LRN in JavaScript',
    ]);
    for (const { ms, bytes } of profile) expect(Math.min(ms, bytes)).toBeGreaterThan(0);
  });
});

describe('what a function closes over', () => {
  it('is read once: numbers and arrays are constants of the plan', () => {
    const shift = [1, 2];
    const fn = compile((input: tf.Tensor) => input.add(tf.tensor1d(shift)));
    const input = { data: Float32Array.of(10, 20), shape: [2] };
    expect([...fn(input).dataSync()]).toEqual([11, 22]);
    shift[0] = 100;
    expect([...fn(input).dataSync()]).toEqual([11, 22]);
    expect(fn.explain()).toContain('8 bytes of constants');
  });

  it('must not be disposed: a variable that is gone is named', () => {
    const weight = tf.variable(tf.scalar(3), true, 'a weight that goes');
    const fn = compile((input: tf.Tensor) => input.mul(weight));
    fn(x).dispose();
    weight.dispose();
    expect(() => fn(x)).toThrow(/variable a weight that goes was disposed/);
  });
});

describe('run', () => {
  it('takes every number type and gives several results', () => {
    const fn = compile((a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => ({ a: a.neg(), bc: [b.neg(), c.logicalNot()] }), {
      inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }, { shape: [2], dtype: 'bool' }],
    });
    const inputs: NumberArray[] = [Float32Array.of(1, 2), Int32Array.of(3, 4), Uint8Array.of(0, 1)];
    const outputs = [new Float32Array(2), new Int32Array(2), new Uint8Array(2)];
    expect(fn.run(inputs, outputs)).toBe(outputs);
    expect(outputs).toEqual([Float32Array.of(-1, -2), Int32Array.of(-3, -4), Uint8Array.of(1, 0)]);
  });
});
