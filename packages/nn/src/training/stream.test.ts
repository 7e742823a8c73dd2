import { createRng } from '@skein/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Batches, fit, mlp, modelWeights, type Samples, squaredError, tf, useBackend } from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

const model = () => mlp({ inputs: 1, hidden: [4], outputs: 1, rng: createRng(1) });

function batch(i: number, size = 4): Samples {
  const data = createRng(2).split(i).fillNormal(new Float32Array(size));
  return { x: { data, shape: [size, 1] }, y: { data: data.map(Math.sin), shape: [size] } };
}

const options = (epochs: number) => ({ loss: squaredError, optimizer: tf.train.sgd(0.1), epochs });

describe('a stream of batches', () => {
  it('is read one batch at a time: the next is made when the one before has been used', async () => {
    const log: string[] = [];
    async function* stream(): Batches {
      for (let i = 0; i < 3; i++) {
        log.push(`made ${i}`);
        yield batch(i);
      }
    }
    await fit(model(), stream, { ...options(1), onBatch: ({ batch: number }) => log.push(`used ${number - 1}`) });
    expect(log).toEqual(['made 0', 'used 0', 'made 1', 'used 1', 'made 2', 'used 2']);
  });

  it('waits for a slow callback', async () => {
    const log: string[] = [];
    function* stream(): Batches {
      for (let i = 0; i < 2; i++) {
        log.push(`made ${i}`);
        yield batch(i);
      }
    }
    const onBatch = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.push('written');
    };
    await fit(model(), stream, { ...options(1), onBatch });
    expect(log).toEqual(['made 0', 'written', 'made 1', 'written']);
  });

  it('is closed when training ends before it', async () => {
    let closed = false;
    async function* endless(): Batches {
      try {
        for (let i = 0; ; i++) yield batch(i);
      } finally {
        closed = true;
      }
    }
    const { ended } = await fit(model(), endless, {
      ...options(1),
      onBatch: ({ step }) => (step === 3 ? 'stop' : null),
    });
    expect([ended, closed]).toEqual(['callback', true]);
  });

  it('may be an iterable that is read in each epoch, with batches of several sizes', async () => {
    const batches = [batch(0, 4), batch(1, 3), batch(2, 12)];
    const [a, b] = [model(), model()];
    const { history } = await fit(a, batches, options(2));
    await fit(b, () => batches.values(), options(2));
    expect(history.map(({ step }) => step)).toEqual([3, 6]);
    expect(modelWeights(a)).toEqual(modelWeights(b));
  });

  it('tells the time left from the second epoch on', async () => {
    const left: (number | null)[] = [];
    const onBatch = ({ secondsLeft, batches }: { secondsLeft: number | null; batches: number | null }) => {
      expect(batches).toBeNull();
      left.push(secondsLeft);
    };
    await fit(model(), () => [batch(0), batch(1)], { ...options(2), onBatch });
    expect(left.map((seconds) => seconds === null)).toEqual([true, true, false, false]);
    expect(left[3]).toBe(0);
  });

  it('that is used up is refused in the second epoch with what to do', async () => {
    async function* once(): Batches {
      yield batch(0);
    }
    await expect(fit(model(), once(), options(2))).rejects.toMatchObject({
      message: 'fit: epoch 2: expected at least one batch, got none',
      advice: expect.stringContaining('give a function'),
    });
  });

  it('passes its own error on', async () => {
    async function* broken(): Batches {
      yield batch(0);
      throw new RangeError('the disk is full');
    }
    await expect(fit(model(), broken, options(1))).rejects.toThrow(RangeError);
  });

  it('with shapes of equal sizes keeps them apart', async () => {
    const input = tf.input({ shape: [null, 1] });
    const pooled = tf.layers.globalAveragePooling1d({}).apply(input) as tf.SymbolicTensor;
    const mean = tf.model({ inputs: input, outputs: pooled });
    const losses: number[] = [];
    const samples = (rows: number, steps: number): Samples => ({
      x: { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [rows, steps, 1] },
      y: { data: new Float32Array(rows), shape: [rows] },
    });
    const means = (rows: number, steps: number) =>
      Array.from({ length: rows }, (_, row) => row * steps + (steps - 1) / 2).reduce((sum, m) => sum + m * m, 0) / rows;
    const head = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones', trainable: true });
    const model = tf.model({ inputs: mean.inputs, outputs: head.apply(pooled) as tf.SymbolicTensor });
    await fit(model, [samples(6, 2), samples(2, 6), samples(6, 2), samples(4, 3)], {
      loss: squaredError,
      optimizer: tf.train.sgd(0),
      epochs: 1,
      onBatch: ({ loss }) => losses.push(loss),
    });
    expect(losses.map((loss) => Math.round(loss * 100))).toEqual(
      [means(6, 2), means(2, 6), means(6, 2), means(4, 3)].map((loss) => Math.round(loss * 100)),
    );
  });
});
