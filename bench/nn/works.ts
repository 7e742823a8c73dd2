/** Training steps of common sizes, built as users of TensorFlow.js build them. */

import { createRng } from '@skein/core';
import { type ArrayInput, initialise, mlp, tf } from '@skein/nn';
import { trainable, type Work } from './sides.ts';

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

export function perceptron(): Work {
  const model = mlp({ inputs: 784, hidden: [512, 512], outputs: 10, rng: createRng(1) });
  return classifier(model, [noise(1, 128, 784), labels(128, 10)]);
}

export function lenet(): Work {
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

export function lstm(): Work {
  const zeros = { kernelInitializer: 'zeros', recurrentInitializer: 'zeros' } as const;
  const model = tf.sequential({
    layers: [
      tf.layers.lstm({ units: 64, recurrentActivation: 'sigmoid', inputShape: [32, 16], ...zeros }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  initialise(model, { rng: createRng(1) });
  return classifier(model, [noise(1, 32, 32, 16), labels(32, 10)]);
}

/** Critic and actor step and both target updates. */
export function ddpg(): Work {
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

/** Width, heads and tokens of the transformer. */
const [WIDTH, HEADS, TOKENS, SENTENCES] = [128, 8, 64, 16];

/** A layer on [sentences, tokens, width], built. */
function tokenLayer<T extends tf.layers.Layer>(layer: T, inputs = WIDTH): T {
  layer.build([null, TOKENS, inputs]);
  return layer;
}

/** [sentences, tokens, width] -> [sentences, heads, tokens, width / heads] */
const byHead = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [SENTENCES, TOKENS, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);

/** One encoder layer: attention and a perceptron, each with a residual connection and layer normalisation behind it. */
export function transformer(): Work {
  const { layers } = tf;
  const [query, key, value, mixed] = [0, 1, 2, 3].map(() => tokenLayer(layers.dense({ units: WIDTH })));
  const [up, down] = [
    tokenLayer(layers.dense({ units: 4 * WIDTH, activation: 'relu' })),
    tokenLayer(layers.dense({ units: WIDTH }), 4 * WIDTH),
  ];
  const norms = [0, 1].map(() => tokenLayer(layers.layerNormalization({ epsilon: 1e-5 })));
  const apply = (layer: tf.layers.Layer | undefined, x: tf.Tensor) => layer!.apply(x) as tf.Tensor;
  const attention = (x: tf.Tensor) => {
    const [q, k, v] = [query, key, value].map((layer) => byHead(apply(layer, x)));
    const weights = tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), 1 / Math.sqrt(WIDTH / HEADS)));
    const heads = tf.transpose(tf.matMul(weights, v!), [0, 2, 1, 3]);
    return apply(mixed, tf.reshape(heads, [SENTENCES, TOKENS, WIDTH]));
  };
  const encode = (x: tf.Tensor) => {
    const attended = apply(norms[0], tf.add(x, attention(x)));
    return apply(norms[1], tf.add(attended, apply(down, apply(up, attended))));
  };
  const adam = tf.train.adam(1e-3);
  const all = [query, key, value, mixed, up, down, ...norms];
  const variables = all.flatMap((layer) => layer!.trainableWeights.map((weight) => weight.read() as tf.Variable));
  const loss = (x: tf.Tensor, y: tf.Tensor) => tf.losses.meanSquaredError(y, encode(x)) as tf.Scalar;
  return {
    batch: [noise(1, SENTENCES, TOKENS, WIDTH), noise(2, SENTENCES, TOKENS, WIDTH)],
    step: (x, y) => adam.minimize(() => loss(x!, y!), true, variables)!,
  };
}
