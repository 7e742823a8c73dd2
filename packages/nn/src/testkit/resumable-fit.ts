/**
 * A training run in a process of its own, which a test kills. Started with the path of a checkpoint and, if it is to be
 * killed, the step at which it waits for that. It resumes from the checkpoint where there is one, prints each step, and
 * at the end the weights.
 */

import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createRng } from '@skein/core';
import {
  dropout,
  fit,
  initialise,
  loadFitState,
  modelWeights,
  nadam,
  normalHead,
  saveFitState,
  tf,
  useBackend,
} from '../index.ts';

const [path, waitAt] = process.argv.slice(2) as [string, string?];
await useBackend('simd');

const rng = createRng(3);
const x = rng.fillNormal(new Float32Array(64));
const model = tf.sequential({
  layers: [
    tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [1] }),
    dropout({ rate: 0.2, rng: rng.split('dropout') }),
    tf.layers.dense({ units: 2 }),
  ],
});
initialise(model, { rng: rng.split('weights') });
const y = x.map((value) => Math.sin(value));

await fit(
  model,
  { x: { data: x, shape: [64, 1] }, y: { data: y, shape: [64] } },
  {
    loss: normalHead({ sigma: 'input' }),
    optimizer: nadam({ learningRate: 0.01 }),
    epochs: 5,
    batchSize: 10,
    rng: rng.split('order'),
    reduceOnPlateau: { patience: 1, factor: 0.5 },
    checkpoint: { everySteps: 3, save: (state) => saveFitState(path, state) },
    onBatch: async ({ step }) => {
      process.stdout.write(`step ${step}\n`);
      if (String(step) === waitAt) await setTimeout(60_000);
    },
    ...(existsSync(path) ? { resume: loadFitState(path) } : {}),
  },
);
process.stdout.write(`${JSON.stringify(modelWeights(model).map((values) => [...values]))}\n`);
