/**
 * What every backend must compute alike: short trainings and the parts around them, each giving plain numbers. Results
 * are read with `await`, because a WebGPU device cannot be read otherwise.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '@skein/core';
import { compile } from '../compile/compile.ts';
import { bernoulliHead, categoricalHead } from '../heads/discrete.ts';
import { normalHead } from '../heads/normal.ts';
import { loadModel, saveModel } from '../models/files.ts';
import { initialise } from '../models/initialise.ts';
import { createRandomStream } from '../random.ts';
import * as tf from '../tf.ts';
import { fit } from '../training/fit.ts';
import { squaredError } from '../training/losses.ts';

/** Numbers that a case gives, in order. */
export type DeviceResult = readonly (readonly number[])[];

const STEPS = 5;

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function noise(label: string, ...shape: number[]): tf.Tensor {
  return tf.tensor(
    createRng(6)
      .split(label)
      .fillNormal(new Float32Array(size(shape))),
    shape,
  );
}

async function read(tensors: readonly tf.Tensor[]): Promise<DeviceResult> {
  return Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));
}

const weightsOf = (model: tf.LayersModel) => model.weights.map((weight) => weight.read() as tf.Tensor);

/** A model with the same initial weights on every backend. */
function build(...parts: tf.layers.Layer[]): tf.LayersModel {
  const model = tf.sequential({ layers: parts });
  initialise(model, { rng: createRng(2) });
  return model;
}

/** Losses of a few steps of an optimiser and the weights that they lead to. */
async function train(
  model: tf.LayersModel,
  optimizer: tf.Optimizer,
  x: tf.Tensor,
  y: tf.Tensor,
  loss: (prediction: tf.Tensor) => tf.Tensor = (prediction) => tf.losses.meanSquaredError(y, prediction),
): Promise<DeviceResult> {
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const step = compile(
    (input: tf.Tensor) =>
      optimizer.minimize(
        () => loss(model.apply(input, { training: true }) as tf.Tensor) as tf.Scalar,
        true,
        variables,
      )!,
  );
  const losses = Array.from({ length: STEPS }, () => step(x));
  return read([...losses, ...weightsOf(model)]);
}

const dense = (optimizer: tf.Optimizer) => () =>
  train(
    build(tf.layers.dense({ units: 16, activation: 'tanh', inputShape: [6] }), tf.layers.dense({ units: 3 })),
    optimizer,
    noise('x', 20, 6),
    noise('y', 20, 3),
  );

function convolutions(): Promise<DeviceResult> {
  const model = build(
    tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 2] }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 3 }),
  );
  const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 1, 0], 'int32'), 3);
  const x = noise('images', 5, 8, 8, 2);
  return train(model, tf.train.adam(0.01), x, labels, (logits) => tf.losses.softmaxCrossEntropy(labels, logits));
}

function recurrent(): Promise<DeviceResult> {
  const lstm = tf.layers.lstm({ units: 6, inputShape: [5, 4] });
  const model = build(lstm, tf.layers.dense({ units: 2 }));
  return train(model, tf.train.rmsprop(0.01), noise('sequences', 4, 5, 4), noise('targets', 4, 2));
}

function normalisation(): Promise<DeviceResult> {
  const model = build(
    tf.layers.dense({ units: 8, inputShape: [4], useBias: false }),
    tf.layers.layerNormalization(),
    tf.layers.batchNormalization(),
    tf.layers.dense({ units: 2 }),
  );
  return train(model, tf.train.momentum(0.01, 0.9), noise('rows', 7, 4), noise('goals', 7, 2));
}

/** Negative log-likelihoods of the heads and their gradients. */
async function heads(): Promise<DeviceResult> {
  const binary = tf.tensor2d([1, 0, 1, 1, 0, 0], [6, 1]);
  const classes = tf.tensor2d([0, 2, 1, 2, 0, 1], [6, 1]);
  const cases = [
    [normalHead({ targets: 2, sigma: 'input' }), noise('normal targets', 6, 2)],
    [bernoulliHead(), binary],
    [categoricalHead({ classes: 3 }), classes],
  ] as const;
  const tensors = cases.flatMap(([head, y]) => {
    const loss = (parameters: tf.Tensor) => head.negativeLogLikelihood(parameters, y);
    const parameters = noise(`${head.parameters} parameters`, 6, head.parameters);
    return [loss(parameters), tf.grad((x: tf.Tensor) => tf.sum(loss(x)))(parameters)];
  });
  return read(tensors);
}

/** A stream of random numbers and a function of them, replayed. */
async function random(): Promise<DeviceResult> {
  const stream = createRandomStream(createRng(4).split('noise'));
  const draw = compile((x: tf.Tensor) => tf.add(stream.normal([5]), stream.dropout(x, 0.4)));
  return read([draw(tf.ones([5])), draw(tf.ones([5])), stream.uniform([3])]);
}

/** A model that was saved and loaded predicts the same. */
async function savedModel(): Promise<DeviceResult> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-device-'));
  try {
    const model = build(
      tf.layers.dense({ units: 5, activation: 'relu', inputShape: [3] }),
      tf.layers.dense({ units: 2 }),
    );
    await saveModel(model, folder);
    const copy = await loadModel(folder);
    const x = noise('inputs', 4, 3);
    return read([model.predict(x) as tf.Tensor, copy.predict(x) as tf.Tensor]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A training with everything that reads tensors: data in tensors, validation, the best epoch's weights, a resumed run. */
async function fitting(): Promise<DeviceResult> {
  const fresh = () =>
    build(tf.layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }), tf.layers.dense({ units: 1 }));
  const data = { x: tf.neg(noise('fit x', 24, 2)), y: tf.neg(noise('fit y', 24, 1)) };
  const options = {
    loss: squaredError,
    batchSize: 9,
    rng: createRng(8),
    validation: { x: noise('validation x', 10, 2), y: noise('validation y', 10, 1) },
    earlyStopping: { patience: 2, restoreBest: true },
  };
  const straight = fresh();
  const { history } = await fit(straight, data, { ...options, epochs: 3 });
  const halves = fresh();
  const { state } = await fit(fresh(), data, { ...options, epochs: 1 });
  const resumed = await fit(halves, data, { ...options, epochs: 3, resume: structuredClone(state) });
  const losses = [history, resumed.history].map((epochs) =>
    epochs.flatMap((epoch) => [epoch.loss, epoch.validationLoss!]),
  );
  return [...losses, ...(await read([...weightsOf(straight), ...weightsOf(halves)]))];
}

/** A compiled function on plain numbers, read when the device has them. */
async function plainNumbers(): Promise<DeviceResult> {
  const total = tf.variable(tf.zeros([3]));
  const add = (x: tf.Tensor) => {
    total.assign(tf.add(total, tf.square(x)));
    return tf.sum(total);
  };
  const compiled = compile(add, { inputs: [{ shape: [3] }] });
  const outputs = [new Float32Array(1)];
  await compiled.runAsync([Float32Array.of(1, 2, 3)], outputs);
  const [second] = await compiled.runAsync([Float32Array.of(2, 0, 1)]);
  return [...outputs, second!].map((values) => [...values]);
}

/** The cases by name. */
export const DEVICE_CASES: Readonly<Record<string, () => Promise<DeviceResult>>> = {
  'dense layers, Adam': () => dense(tf.train.adam(0.01))(),
  'dense layers, SGD': () => dense(tf.train.sgd(0.05))(),
  'convolutions and softmax cross-entropy': convolutions,
  'LSTM, RMSProp': recurrent,
  'layer and batch norm, momentum': normalisation,
  heads,
  'random streams and dropout': random,
  'saved models': savedModel,
  fit: fitting,
  'compiled functions on plain numbers': plainNumbers,
};
