/** Training steps of common sizes: compiled against eager tfjs and PyTorch, one core each. */

import { createRng } from '@skein/core';
import { type ArrayInput, initialise, mlp, tf } from '@skein/nn';
import { type Benchmark, compareSides, type Row, type Side, timingRows } from '../harness.ts';
import { BASELINE, compiledSide, eagerSide, plainTimings, torchTimings, trainable, turns, type Work } from './sides.ts';

const GAMMA = 0.99;
const TAU = 0.005;

/** Normal numbers. */
function noise(seed: number, ...shape: number[]): ArrayInput {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  return { data: createRng(seed).fillNormal(data), shape };
}

/** One-hot labels. */
function labels(count: number, classes: number): ArrayInput {
  const rng = createRng(9);
  const data = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) data[i * classes + rng.integer(classes)] = 1;
  return { data, shape: [count, classes] };
}

function classifier(model: tf.LayersModel, batch: readonly ArrayInput[]): Work {
  const adam = tf.train.adam(1e-3);
  const variables = trainable(model);
  const loss = (x: tf.Tensor, y: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor) as tf.Scalar;
  return { batch, step: (x, y) => adam.minimize(() => loss(x!, y!), true, variables)! };
}

function perceptron(): Work {
  const model = mlp({ inputs: 784, hidden: [512, 512], outputs: 10, rng: createRng(1) });
  return classifier(model, [noise(1, 128, 784), labels(128, 10)]);
}

function lenet(): Work {
  const { layers } = tf;
  const zeros = { kernelInitializer: 'zeros' } as const;
  const model = tf.sequential({
    layers: [
      layers.conv2d({
        filters: 6,
        kernelSize: 5,
        padding: 'same',
        activation: 'relu',
        inputShape: [28, 28, 1],
        ...zeros,
      }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu', ...zeros }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      ...[120, 84].map((units) => layers.dense({ units, activation: 'relu', ...zeros })),
      layers.dense({ units: 10, ...zeros }),
    ],
  });
  initialise(model, { rng: createRng(1) });
  return classifier(model, [noise(1, 64, 28, 28, 1), labels(64, 10)]);
}

function lstm(): Work {
  const zeros = { kernelInitializer: 'zeros', recurrentInitializer: 'zeros' } as const;
  const model = tf.sequential({
    layers: [tf.layers.lstm({ units: 64, inputShape: [32, 16], ...zeros }), tf.layers.dense({ units: 10 })],
  });
  initialise(model, { rng: createRng(1) });
  return classifier(model, [noise(1, 32, 32, 16), labels(32, 10)]);
}

/** Critic and actor step and both target updates. */
function ddpg(): Work {
  const network = (seed: number, inputs: number, outputs: number, outputActivation: 'linear' | 'tanh') =>
    mlp({ inputs, hidden: [400, 300], outputs, outputActivation, rng: createRng(seed) });
  const [actor, targetActor] = [network(1, 17, 6, 'tanh'), network(1, 17, 6, 'tanh')];
  const [critic, targetCritic] = [network(2, 23, 1, 'linear'), network(2, 23, 1, 'linear')];
  const [criticAdam, actorAdam] = [tf.train.adam(1e-3), tf.train.adam(1e-4)];
  const value = (model: tf.LayersModel, state: tf.Tensor, action: tf.Tensor) =>
    model.apply(tf.concat([state, action], 1)) as tf.Tensor;
  const follow = (target: tf.LayersModel, online: tf.LayersModel) => {
    for (const [i, weight] of target.weights.entries()) {
      const to = weight.read() as tf.Variable;
      to.assign(tf.add(tf.mul(to, 1 - TAU), tf.mul(online.weights[i]!.read(), TAU)));
    }
  };
  const step: Work['step'] = (state, action, reward, next, done) => {
    const loss = criticAdam.minimize(
      () => {
        const best = value(targetCritic, next!, targetActor.apply(next!) as tf.Tensor);
        const goal = tf.add(reward!, tf.mul(tf.mul(best, GAMMA), tf.sub(1, done!)));
        return tf.losses.meanSquaredError(goal, value(critic, state!, action!)) as tf.Scalar;
      },
      true,
      trainable(critic),
    )!;
    const actorLoss = () => tf.neg(tf.mean(value(critic, state!, actor.apply(state!) as tf.Tensor))) as tf.Scalar;
    actorAdam.minimize(actorLoss, false, trainable(actor));
    follow(targetCritic, critic);
    follow(targetActor, actor);
    return loss;
  };
  return { step, batch: [noise(1, 256, 17), noise(2, 256, 6), noise(3, 256, 1), noise(4, 256, 17), noise(5, 256, 1)] };
}

/** Works by the name that the Python script knows; the WebAssembly backend of tfjs cannot train convolutions. */
const WORKS = [
  { name: 'ddpg', title: 'DDPG update 400-300, batch 256', make: ddpg, wasm: true },
  { name: 'perceptron', title: 'classifier 784-512-512-10, batch 128', make: perceptron, wasm: true },
  { name: 'lenet', title: 'LeNet, batch 64', make: lenet, wasm: false },
  { name: 'lstm', title: 'LSTM 64 units, 32 steps, batch 32', make: lstm, wasm: true },
] as const;

/** The compiled side of a work, for the plain build. */
export function compiledAgain(name: string, work: string): Promise<Side> {
  return compiledSide(name, WORKS.find((known) => known.name === work)!.make);
}

export const benchmark: Benchmark = {
  claim:
    'Middle-sized training steps compiled on the simd backend: several times as fast as eager tfjs on its WebAssembly ' +
    'backend, and at least 0.8 times as fast as PyTorch on one core.',
  async run({ quick }) {
    const rows: Row[] = [];
    for (const { name, title, make, wasm } of WORKS) {
      const sides = [
        await compiledSide('skein, compiled', make),
        await compiledSide('skein, compiled, 2 threads', make, 2),
      ];
      if (wasm) sides.push(await eagerSide(BASELINE, 'wasm', make));
      const timings = [...(await compareSides(sides, turns(quick))), ...plainTimings('training', [name], quick)];
      const all = [...timings, ...torchTimings('training.py', [name], quick)];
      const reference = all.find((timing) => timing.name.startsWith('PyTorch'))?.name ?? BASELINE;
      rows.push(...timingRows(all, reference).map((row) => ({ work: title, ...row })));
    }
    return rows;
  },
};
