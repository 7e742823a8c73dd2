/** A DQN step and one-observation inference: compiled, against eager tfjs, PyTorch and JAX. */

import { createRng } from '@skein/core';
import { compile, mlp, modelWeights, type NumberArray, tf, useThreads } from '@skein/nn';
import { type Benchmark, type Row, type Side, significant } from '../harness.ts';
import { BASELINE, buildTimings, onBackend, peerTimings, trainable, workRows } from './sides.ts';

const BATCH = 64;
const GAMMA = 0.99;
/** Steps after which the weights of both sides are compared. */
const COMPARED_STEPS = 20;

/** Name of one-observation inference, here and in the Python programs. */
const INFERENCE = 'observation';

const SPECS = [
  { shape: [BATCH, 4] },
  { shape: [BATCH], dtype: 'int32' },
  { shape: [BATCH] },
  { shape: [BATCH, 4] },
  { shape: [BATCH] },
] as const;

type Loss = 'huber' | 'mse';
type Step = (...args: [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D]) => tf.Scalar;

/** Observations, actions, rewards, next observations and whether the episode ended. */
function makeBatch(seed: number): NumberArray[] {
  const rng = createRng(seed);
  return [
    rng.fillNormal(new Float32Array(BATCH * 4)),
    Int32Array.from({ length: BATCH }, () => rng.integer(2)),
    rng.fillNormal(new Float32Array(BATCH)),
    rng.fillNormal(new Float32Array(BATCH * 4)),
    Float32Array.from({ length: BATCH }, () => Number(rng.bernoulli(0.1))),
  ];
}

function makeAgent(hidden: number, loss: Loss) {
  const network = (seed: number) => mlp({ inputs: 4, hidden: [hidden, hidden], outputs: 2, rng: createRng(seed) });
  const online = network(1);
  const target = network(2);
  const adam = tf.train.adam(1e-3);
  const variables = trainable(online);
  const lossFunction = loss === 'huber' ? tf.losses.huberLoss : tf.losses.meanSquaredError;
  const step: Step = (observation, action, reward, next, done) =>
    adam.minimize(
      () => {
        const best = tf.max(target.apply(next) as tf.Tensor2D, 1);
        const goal = tf.add(reward, tf.mul(tf.mul(best, GAMMA), tf.sub(1, done)));
        const values = tf.mul(online.apply(observation) as tf.Tensor2D, tf.oneHot(action, 2));
        return lossFunction(goal, tf.sum(values, 1)) as tf.Scalar;
      },
      true,
      variables,
    )!;
  return { online, step };
}

function tensors(batch: readonly NumberArray[]): Parameters<Step> {
  return batch.map((data, i) => tf.tensor(data, [...SPECS[i]!.shape], i === 1 ? 'int32' : 'float32')) as never;
}

/** Weights after a few steps. */
function trainedWeights(agent: ReturnType<typeof makeAgent>, step: (batch: NumberArray[]) => void): Float32Array[] {
  for (let i = 0; i < COMPARED_STEPS; i++) step(makeBatch(i));
  return modelWeights(agent.online);
}

/** The step eager on a backend, and its weights after a few steps. */
async function eagerSide(name: string, backend: string, hidden: number, loss: Loss) {
  await tf.setBackend(backend);
  const agent = makeAgent(hidden, loss);
  const weights = trainedWeights(agent, (batch) => tf.tidy(() => void agent.step(...tensors(batch))));
  const args = tensors(makeBatch(0));
  return { weights, side: onBackend(name, backend, () => agent.step(...args).dispose()) };
}

async function compiledSide(name: string, hidden: number, loss: Loss, threads = 1) {
  await tf.setBackend('simd');
  const agent = makeAgent(hidden, loss);
  const fast = compile(agent.step, { inputs: SPECS });
  const result = [new Float32Array(1)];
  const weights = trainedWeights(agent, (batch) => fast.run(batch, result));
  const batch = makeBatch(0);
  const side = onBackend(name, 'simd', () => {
    useThreads(threads);
    fast.run(batch, result);
  });
  return { weights, side };
}

/** The compiled side of a step or of inference, for other builds. */
export async function compiledAgain(name: string, ...work: readonly string[]): Promise<Side> {
  const [hidden, loss] = work;
  if (hidden === INFERENCE) return compiledInference(name);
  return (await compiledSide(name, Number(hidden), loss as Loss)).side;
}

function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(...a.flatMap((array, i) => Array.from(array, (x, j) => Math.abs(x - b[i]![j]!))));
}

async function stepRows(hidden: number, loss: Loss, quick: boolean): Promise<Row[]> {
  const compiled = await compiledSide('skein, compiled', hidden, loss);
  const own = await eagerSide('skein, eager', 'simd', hidden, loss);
  const wasm = await eagerSide(BASELINE, 'wasm', hidden, loss);
  const cpu = await eagerSide('tfjs-cpu, eager', 'cpu', hidden, loss);
  const difference = largestDifference(compiled.weights, wasm.weights);
  const args = [String(hidden), loss];
  const rows = await workRows(`DQN step 4-${hidden}-${hidden}-2, ${loss}, batch ${BATCH}`, {
    sides: [compiled.side, own.side, wasm.side, cpu.side],
    onTwoCores: (await compiledSide('skein, compiled, 2 threads', hidden, loss, 2)).side,
    others: () => [...buildTimings('dqn-step', args, quick), ...peerTimings(`dqn-${hidden}-${loss}`, quick)],
    quick,
  });
  return rows.map((row, i) => ({
    ...row,
    [`difference of weights after ${COMPARED_STEPS} steps`]: i === 0 ? significant(difference) : '',
  }));
}

const OBSERVATION = Float32Array.of(0.1, -0.2, 0.3, -0.4);

async function compiledInference(name: string, threads = 1): Promise<Side> {
  await tf.setBackend('simd');
  const { online } = makeAgent(64, 'mse');
  const act = compile((x: tf.Tensor2D) => online.apply(x) as tf.Tensor2D, { inputs: [{ shape: [1, 4] }] });
  const [observation, values] = [[OBSERVATION], [new Float32Array(2)]];
  return onBackend(name, 'simd', () => {
    useThreads(threads);
    act.run(observation, values);
  });
}

async function eagerInference(name: string, backend: string): Promise<Side> {
  await tf.setBackend(backend);
  const { online } = makeAgent(64, 'mse');
  const act = () => void (online.apply(tf.tensor2d(OBSERVATION, [1, 4])) as tf.Tensor).dataSync();
  return onBackend(name, backend, () => tf.tidy(act));
}

async function inferenceRows(quick: boolean): Promise<Row[]> {
  return workRows('one observation, 4-64-64-2', {
    sides: [
      await compiledInference('skein, compiled'),
      await eagerInference(BASELINE, 'wasm'),
      await eagerInference('tfjs-cpu, eager', 'cpu'),
    ],
    onTwoCores: await compiledInference('skein, compiled, 2 threads', 2),
    others: () => [...buildTimings('dqn-step', [INFERENCE], quick), ...peerTimings(INFERENCE, quick)],
    quick,
  });
}

export const benchmark: Benchmark = {
  claim:
    'A DQN step (two forward passes, loss, backward pass, Adam; batch 64) compiled on the simd backend is at least 25 ' +
    "times as fast as eager tfjs on its WebAssembly backend, with equal weights, and 6 times as fast as PyTorch's eager " +
    'step (1.5 times for 256 units); one observation takes less than 3.3 microseconds.',
  async run({ quick }) {
    const steps: readonly (readonly [number, Loss])[] = [
      [64, 'huber'],
      [64, 'mse'],
      [256, 'huber'],
    ];
    const rows: Row[] = [];
    for (const [hidden, loss] of steps) rows.push(...(await stepRows(hidden, loss, quick)));
    return [...rows, ...(await inferenceRows(quick))];
  },
};
