import { createRng, SkeinError } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compile,
  mlp,
  modelWeights,
  optimizerState,
  setLearningRate,
  setModelWeights,
  setOptimizerState,
  tf,
  useBackend,
} from '../index.ts';

const BATCH = 16;

beforeAll(async () => {
  await useBackend('simd');
});

type Optimizers = Readonly<Record<string, () => tf.Optimizer>>;

const OPTIMIZERS: Optimizers = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9),
  nesterov: () => tf.train.momentum(0.05, 0.9, true),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  'centred rmsprop': () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-4, true),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01),
  adagrad: () => tf.train.adagrad(0.05),
  adadelta: () => tf.train.adadelta(0.5),
};

/** A small regression network with its optimiser and one training step. */
function trainer(makeOptimizer: () => tf.Optimizer, seed = 1) {
  const model = mlp({ inputs: 3, hidden: [8, 8], outputs: 2, activation: 'tanh', rng: createRng(seed) });
  const optimizer = makeOptimizer();
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = (x: tf.Tensor2D, y: tf.Tensor2D) =>
    optimizer.minimize(() => tf.losses.meanSquaredError(y, model.apply(x) as tf.Tensor) as tf.Scalar, true, variables)!;
  return { model, optimizer, step };
}

function batches(count: number, seed = 7) {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => ({
    x: rng.fillNormal(new Float32Array(BATCH * 3)),
    y: rng.fillNormal(new Float32Array(BATCH * 2)),
  }));
}

const inputs = ({ x, y }: { x: Float32Array; y: Float32Array }) =>
  [
    { data: x, shape: [BATCH, 3] },
    { data: y, shape: [BATCH, 2] },
  ] as const;

/** Weights after training on the backend that is current. */
function train(
  makeOptimizer: () => tf.Optimizer,
  compiled: boolean,
  steps = 12,
): { weights: Float32Array[]; losses: number[] } {
  const { model, step } = trainer(makeOptimizer);
  const run = compiled ? compile(step) : (x: tf.Tensor2D, y: tf.Tensor2D) => tf.tidy(() => step(x, y));
  const losses = batches(steps).map(({ x, y }) => {
    const loss = run(tf.tensor2d(x, [BATCH, 3]), tf.tensor2d(y, [BATCH, 2]));
    return loss.dataSync()[0]!;
  });
  return { weights: modelWeights(model), losses };
}

describe('compiled training', () => {
  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    it(`takes the steps of eager tfjs on the cpu backend: ${name}`, async () => {
      const compiled = train(make, true);
      await useBackend('cpu');
      const eager = train(make, false);
      await useBackend('simd');
      expectClose(compiled.losses, eager.losses, { rtol: 1e-5, atol: 1e-6 });
      for (const [i, weights] of eager.weights.entries())
        expectClose(compiled.weights[i]!, weights, { atol: 1e-6, rtol: 1e-5 });
    });
  }

  it('follows a learning rate that changes, fused or not', () => {
    for (const make of [() => tf.train.adam(0.01), () => tf.train.adagrad(0.01), () => tf.train.sgd(0.01)]) {
      const run = (wrap: boolean) => {
        const { model, step, optimizer } = trainer(make);
        const call = wrap ? compile(step) : step;
        for (const [i, batch] of batches(4).entries()) {
          setLearningRate(optimizer, 0.01 * (i + 1));
          const [x, y] = inputs(batch);
          call(tf.tensor2d(x.data, [BATCH, 3]), tf.tensor2d(y.data, [BATCH, 2]));
        }
        return modelWeights(model);
      };
      const eager = run(false);
      for (const [i, weights] of run(true).entries()) expectClose(weights, eager[i]!, { atol: 1e-6 });
    }
  });

  it('counts the iterations of the optimiser', () => {
    const { step, optimizer } = trainer(OPTIMIZERS['adam']!);
    const compiled = compile(step);
    for (const batch of batches(3)) compiled(...inputs(batch));
    expect(optimizer.iterations).toBe(3);
  });

  it('keeps tensors and bytes constant over 10,000 steps', () => {
    const { step } = trainer(OPTIMIZERS['adam']!);
    const compiled = compile(step);
    const [batch] = batches(1);
    const loss = [new Float32Array(1)];
    compiled(...inputs(batch!)).dispose();
    const before = tf.memory();
    for (let i = 0; i < 10_000; i++) compiled.run([batch!.x, batch!.y], loss);
    expect(tf.memory()).toEqual(before);
    expect(loss[0]![0]).toBeLessThan(compiled.run([new Float32Array(BATCH * 3), batch!.y])[0]![0]!);
  });

  it('resumes bit for bit from weights and optimiser state', () => {
    for (const [name, make] of Object.entries(OPTIMIZERS)) {
      const all = batches(8);
      const first = trainer(make);
      const step = compile(first.step);
      for (const batch of all.slice(0, 4)) step(...inputs(batch));
      const saved = structuredClone({ weights: modelWeights(first.model), state: optimizerState(first.optimizer) });
      for (const batch of all.slice(4)) step(...inputs(batch));

      const second = trainer(make, 2);
      setModelWeights(second.model, saved.weights);
      setOptimizerState(second.optimizer, saved.state);
      const resumed = compile(second.step);
      for (const batch of all.slice(4)) resumed(...inputs(batch));
      expect(modelWeights(second.model), name).toEqual(modelWeights(first.model));
      expect(optimizerState(second.optimizer).numbers, name).toEqual(optimizerState(first.optimizer).numbers);
    }
  });
});

describe('variables between calls', () => {
  it('are shared by several compiled functions and by eager code', () => {
    const weight = tf.variable(tf.scalar(1));
    const double = compile(() => {
      weight.assign(weight.mul(2) as tf.Scalar);
      return weight.add(0);
    });
    const read = compile((x: tf.Tensor) => weight.mul(x));
    double();
    expect(read({ data: Float32Array.of(10), shape: [1] }).dataSync()[0]).toBe(20);
    weight.assign(tf.scalar(5));
    expect(read({ data: Float32Array.of(10), shape: [1] }).dataSync()[0]).toBe(50);
    double();
    expect(weight.dataSync()[0]).toBe(10);
  });

  it('do not change tensors that share their data', () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const target = tf.variable(tf.tensor1d([0, 0]));
    const grow = compile(() => {
      weight.assign(weight.add(1) as tf.Tensor1D);
      return weight.sum();
    });
    const look = compile(() => target.mul(1));
    grow();
    const kept = weight.clone();
    target.assign(weight);
    grow();
    expect([...kept.dataSync()]).toEqual([2, 3]);
    expect([...look().dataSync()]).toEqual([2, 3]);
    expect([...weight.dataSync()]).toEqual([3, 4]);
  });

  it('may be exchanged and returned with their old values', () => {
    const a = tf.variable(tf.scalar(1));
    const b = tf.variable(tf.scalar(2));
    const swap = compile(() => {
      const old = a.clone();
      a.assign(b as tf.Scalar);
      b.assign(old as tf.Scalar);
      return [old, a.clone()] as const;
    });
    const [old, now] = swap();
    expect([old.dataSync()[0], now.dataSync()[0]]).toEqual([1, 2]);
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([2, 1]);
    swap();
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([1, 2]);
  });

  it('stay as they are when a function is prepared', () => {
    const { model, step } = trainer(OPTIMIZERS['adam']!);
    const before = modelWeights(model);
    compile(step).prepare({ shape: [BATCH, 3] }, { shape: [BATCH, 2] });
    expect(modelWeights(model)).toEqual(before);
  });
});

describe('arguments and results', () => {
  it('compiles a plan for each input shape, and evicts the oldest', () => {
    const sum = compile((x: tf.Tensor) => x.sum(), { maxPlans: 2 });
    for (const n of [1, 2, 3, 2]) expect(sum({ data: new Float32Array(n).fill(1), shape: [n] }).dataSync()[0]).toBe(n);
    expect(sum.planCount).toBe(2);
  });

  it('runs on plain arrays with announced shapes', () => {
    const fn = compile((x: tf.Tensor, i: tf.Tensor) => ({ double: x.mul(2), next: [i.add(tf.scalar(1, 'int32'))] }), {
      inputs: [{ shape: [2, 2] }, { shape: [3], dtype: 'int32' }],
    });
    const results = fn.run([Float32Array.of(1, 2, 3, 4), Int32Array.of(5, 6, 7)]);
    expect(results).toEqual([Float32Array.of(2, 4, 6, 8), Int32Array.of(6, 7, 8)]);
    expect(() => fn.run([new Float32Array(5), new Int32Array(3)])).toThrow(/no shapes are known for inputs of \[5,3\]/);
  });

  it.each(['simd', 'cpu'] as const)(
    'runs on plain numbers without blocking, and keeps a variable that it returns: %s',
    async (name) => {
      await useBackend(name);
      const total = tf.variable(tf.zeros([2]));
      const add = (x: tf.Tensor) => {
        total.assign(total.add(x));
        return total as tf.Tensor;
      };
      const fn = compile(add, { inputs: [{ shape: [2] }] });
      const outputs = [new Float32Array(2)];
      await fn.runAsync([Float32Array.of(1, 2)], outputs);
      expect(outputs).toEqual([Float32Array.of(1, 2)]);
      expect(await fn.runAsync([Float32Array.of(1, 0)])).toEqual([Float32Array.of(2, 2)]);
      expect(total.dataSync()).toEqual(Float32Array.of(2, 2));
      await expect(fn.runAsync([new Float32Array(3)])).rejects.toThrow(/no shapes are known/);
      await useBackend('simd');
    },
  );

  it('does the same on a backend that runs functions eagerly', async () => {
    await useBackend('cpu');
    const fn = compile((x: tf.Tensor) => x.mul(3), { inputs: [{ shape: [2] }] });
    expect(fn.run([Float32Array.of(1, 2)])).toEqual([Float32Array.of(3, 6)]);
    expect(await fn.runAsync([Float32Array.of(1, 2)])).toEqual([Float32Array.of(3, 6)]);
    expect([...fn({ data: Float32Array.of(2, 3), shape: [2] }).dataSync()]).toEqual([6, 9]);
    await useBackend('simd');
  });

  it('lets gradients through and may be called by a compiled function', () => {
    const square = compile((x: tf.Tensor) => x.mul(x));
    const slope = tf.grad((x: tf.Tensor) => square(x));
    expect(slope(tf.scalar(3)).dataSync()[0]).toBe(6);
    const twice = compile((x: tf.Tensor) => square(square(x)));
    expect(twice(tf.scalar(3)).dataSync()[0]).toBe(81);
  });

  it('keeps results apart from later calls', () => {
    const id = compile((x: tf.Tensor) => x.add(0));
    const first = id({ data: Float32Array.of(1), shape: [1] });
    id({ data: Float32Array.of(2), shape: [1] });
    expect(first.dataSync()[0]).toBe(1);
  });
});

/** The error that a call throws. */
function failure(call: () => unknown): SkeinError {
  try {
    call();
  } catch (error) {
    if (error instanceof SkeinError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

describe('functions that cannot be replayed', () => {
  const one = { data: Float32Array.of(1), shape: [1] };

  it('refuses to read a traced value', () => {
    const error = failure(() => compile((x: tf.Tensor) => (x.dataSync()[0]! > 0 ? x.mul(2) : x))(one));
    expect(error.code).toBe('COMPILE');
    expect(error.message).toContain('was read while the function was compiled');
  });

  it('refuses host randomness', () => {
    const error = failure(() => compile((x: tf.Tensor) => x.add(tf.randomNormal([1])))(one));
    expect(error.message).toContain('two traces of the function differ');
  });

  it('refuses results that are not tensors', () => {
    const error = failure(() => compile(((x: tf.Tensor) => ({ x, n: 3 })) as never)(one));
    expect(error.message).toContain('result.n: expected a tensor');
  });

  it('refuses types that a plan cannot hold', () => {
    const error = failure(() => compile((x: tf.Tensor) => tf.real(tf.complex(x, x)))(one));
    expect(error.message).toContain('complex64');
  });

  it('notices captured tensors that were disposed', () => {
    const captured = tf.tensor1d([4]);
    const fn = compile((x: tf.Tensor) => x.mul(captured));
    expect(fn(one).dataSync()[0]).toBe(4);
    captured.dispose();
    expect(failure(() => fn(one)).message).toContain('captured was disposed');
  });

  it('leaves variables alone when it fails', () => {
    const weight = tf.variable(tf.scalar(1));
    const fn = compile((x: tf.Tensor) => {
      weight.assign(tf.scalar(2));
      return x.mul(x.dataSync()[0]!);
    });
    failure(() => fn(one));
    expect(weight.dataSync()[0]).toBe(1);
  });

  it('checks the length of an argument', () => {
    expect(failure(() => compile((x: tf.Tensor) => x.mul(1))({ data: new Float32Array(3), shape: [2] })).code).toBe(
      'SHAPE',
    );
  });
});
