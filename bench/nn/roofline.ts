/**
 * Where the time of a training step goes: the operations and bytes of each of its large steps, and the share that it
 * reaches of the peak of a loop of multiply-adds on registers (see `measurePeaks`).
 */

import { createRng } from '@skein/core';
import { compile, mlp, type StepProfile, tf } from '@skein/nn';
import { measurePeaks, type Peak } from '@skein/nn/testkit';
import { type Benchmark, type Row, significant } from '../harness.ts';

/** Steps below this share of the time are summed up. */
const LEAST_SHARE = 0.02;

const noise = (seed: number, count: number) => createRng(seed).fillNormal(new Float32Array(count));

const trainable = (model: tf.LayersModel) => model.trainableWeights.map((weight) => weight.read() as tf.Variable);

/** A classifier 784-512-512-10 on a batch of 128. */
function classifier(): readonly StepProfile[] {
  const model = mlp({ inputs: 784, hidden: [512, 512], outputs: 10, rng: createRng(1) });
  const adam = tf.train.adam(1e-3);
  const labels = new Float32Array(128 * 10);
  for (let i = 0; i < 128; i++) labels[i * 10 + (i % 10)] = 1;
  const step = compile((x: tf.Tensor, y: tf.Tensor) => {
    const loss = () => tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor) as tf.Scalar;
    return adam.minimize(loss, true, trainable(model))!;
  });
  step.prepare({ shape: [128, 784] }, { shape: [128, 10] });
  return step.profile([noise(1, 128 * 784), labels]);
}

/** The critic's and the actor's updates of DDPG, 400-300 units on a batch of 256. */
function actorCritic(): readonly StepProfile[] {
  const network = (inputs: number, outputs: number, outputActivation: 'linear' | 'tanh') =>
    mlp({ inputs, hidden: [400, 300], outputs, outputActivation, rng: createRng(1) });
  const [actor, critic] = [network(17, 6, 'tanh'), network(23, 1, 'linear')];
  const [criticAdam, actorAdam] = [tf.train.adam(1e-3), tf.train.adam(1e-4)];
  const value = (state: tf.Tensor, action: tf.Tensor) => critic.apply(tf.concat([state, action], 1)) as tf.Tensor;
  const step = compile((state: tf.Tensor, action: tf.Tensor, goal: tf.Tensor) => {
    const loss = () => tf.losses.meanSquaredError(goal, value(state, action)) as tf.Scalar;
    const gain = () => tf.neg(tf.mean(value(state, actor.apply(state) as tf.Tensor))) as tf.Scalar;
    actorAdam.minimize(gain, false, trainable(actor));
    return criticAdam.minimize(loss, true, trainable(critic))!;
  });
  step.prepare({ shape: [256, 17] }, { shape: [256, 6] }, { shape: [256, 1] });
  return step.profile([noise(1, 256 * 17), noise(2, 256 * 6), noise(3, 256)]);
}

function row(work: string, { name, ms, bytes, operations }: StepProfile, total: number, peak: Peak): Row {
  const rate = (operations ?? 0) / (ms / 1000);
  return {
    work,
    step: name,
    ms: significant(ms),
    'share of the time': significant(ms / total),
    operations: operations ?? '',
    bytes,
    'operations per byte': operations === null || bytes === 0 ? '' : significant(operations / bytes),
    'GFLOP/s': operations === null ? '' : significant(rate / 1e9),
    'share of the peak': operations === null ? '' : significant(rate / peak.operationsPerSecond),
    'GB/s': significant(bytes / ms / 1e6),
  };
}

function rows(work: string, profile: readonly StepProfile[], peak: Peak): Row[] {
  const total = profile.reduce((sum, { ms }) => sum + ms, 0);
  const large = profile.filter(({ ms }) => ms >= LEAST_SHARE * total).sort((a, b) => b.ms - a.ms);
  const sum = (steps: readonly StepProfile[], name: string): StepProfile => ({
    name,
    ms: steps.reduce((all, { ms }) => all + ms, 0),
    bytes: steps.reduce((all, { bytes }) => all + bytes, 0),
    operations: steps.reduce((all, { operations }) => all + (operations ?? 0), 0),
  });
  const small = profile.filter((step) => !large.includes(step));
  const all = [...large, sum(small, `${small.length} smaller steps`), sum(profile, 'all')];
  return all.map((step) => row(work, step, total, peak));
}

export const benchmark: Benchmark = {
  claim:
    'Matrix products of middle-sized training steps reach 75 % of the peak of multiply-adds in WebAssembly, and take most ' +
    'of the time of a step.',
  async run() {
    await tf.setBackend('simd');
    const peaks = measurePeaks();
    const peakRows = peaks.map(({ name, operationsPerSecond }) => {
      const step = { name, ms: 1000, bytes: 0, operations: Math.round(operationsPerSecond) };
      return row('multiply-adds on registers', step, 1000, peaks[0]!);
    });
    const [best] = peaks as readonly [Peak];
    return [
      ...peakRows,
      ...rows('classifier 784-512-512-10, batch 128', classifier(), best),
      ...rows('actor and critic 400-300, batch 256', actorCritic(), best),
    ];
  },
};
