/** Draws the pictures of the documentation anew: `node apps/cli/scripts/figures.ts`. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '@skein/core';
import { startingDiversity } from '@skein/evolution';
import { cosineDecay, fit, mlp, normalHead, tf, useBackend } from '@skein/nn';
import { COLOURS, renderSvg } from '@skein/plot';
import { main } from '../src/main.ts';
import { bayesianFigures } from './bayesian-figures.ts';

const images = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

/** The run of `npm start`. */
async function learningCurve(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-figures-'));
  try {
    await main(['train', 'dqn', '--seed', '1', '--stop-at-return', '475', '--out', join(folder, 'run')]);
    return readFileSync(join(folder, 'run', 'curve.svg'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Accuracy of the genetic algorithm, and how often it finds the optimum, against the diversity of its first strings. */
function diversityFigure(): Promise<string> {
  const values = startingDiversity().flatMap(({ diversity, accuracy, solved }) => [
    { diversity, share: accuracy, series: 'best fitness over the optimum, mean' },
    { diversity, share: solved, series: 'runs that found the optimum' },
  ]);
  return renderSvg({
    width: 720,
    height: 280,
    padding: 16,
    title: {
      text: 'The effect of starting diversity',
      subtitle: 'maximise x² on [0, 1023], 20 strings of ten bits, 50 generations, 200 runs a point',
    },
    data: { values },
    mark: { type: 'line', strokeWidth: 2.25, point: { size: 30 } },
    encoding: {
      x: {
        field: 'diversity',
        type: 'quantitative',
        title: 'diversity of the first population (0 copies, 1 coin flips)',
      },
      y: { field: 'share', type: 'quantitative', title: null, axis: { format: '%' } },
      color: { field: 'series', type: 'nominal', scale: { range: [COLOURS.blue, COLOURS.orange] } },
    },
  } as Parameters<typeof renderSvg>[0]);
}

/** The example of docs/fit.md: samples with noise that depends on the input, and what a network makes of them. */
async function noiseBand(): Promise<string> {
  await useBackend('simd');
  const rng = createRng(7);
  const count = 2000;
  const x = rng.split('x').fillUniform(new Float32Array(count), -1, 1);
  const noise = rng.split('noise').fillNormal(new Float32Array(count));
  const y = x.map((at, i) => Math.sin(4 * at) + (0.05 + 0.35 * Math.abs(at)) * noise[i]!);
  const head = normalHead({ sigma: 'input' });
  const outputs = head.parameters;
  const model = mlp({ inputs: 1, hidden: [32, 32], outputs, activation: 'tanh', rng: rng.split('model') });
  await fit(
    model,
    { x: { data: x, shape: [count, 1] }, y: { data: y, shape: [count] } },
    {
      loss: head,
      schedule: cosineDecay({ initial: 0.01, steps: 60 * 32 }),
      epochs: 60,
      batchSize: 64,
      rng: rng.split('order'),
    },
  );
  const places = Float32Array.from({ length: 101 }, (_, i) => i / 50 - 1);
  const { mean, sigma } = head.describe(model.predict(tf.tensor2d(places, [places.length, 1])) as tf.Tensor);
  const [means, sigmas] = [mean!.dataSync(), sigma!.dataSync()];
  const band = Array.from(places, (at, i) => ({
    x: at,
    mean: means[i]!,
    low: means[i]! - 2 * sigmas[i]!,
    high: means[i]! + 2 * sigmas[i]!,
  }));
  const samples = Array.from(x.subarray(0, 250), (at, i) => ({ x: at, y: y[i]! }));
  const position = { field: 'x', type: 'quantitative', title: 'x' };
  return renderSvg({
    width: 720,
    height: 280,
    padding: 16,
    title: {
      text: 'A network that knows its noise',
      subtitle: '250 of 2,000 samples; learned mean, and a band of two learned standard deviations',
    },
    layer: [
      {
        data: { values: band },
        mark: { type: 'area', color: COLOURS.blue, opacity: 0.2 },
        encoding: { x: position, y: { field: 'low', type: 'quantitative', title: 'y' }, y2: { field: 'high' } },
      },
      {
        data: { values: samples },
        mark: { type: 'circle', size: 8, color: COLOURS.orange, opacity: 0.7 },
        encoding: { x: position, y: { field: 'y', type: 'quantitative' } },
      },
      {
        data: { values: band },
        mark: { type: 'line', color: COLOURS.blue, strokeWidth: 2.25 },
        encoding: { x: position, y: { field: 'mean', type: 'quantitative' } },
      },
    ],
  } as Parameters<typeof renderSvg>[0]);
}

writeFileSync(join(images, 'noise-band.svg'), await noiseBand());
for (const [name, svg] of Object.entries(await bayesianFigures())) writeFileSync(join(images, `${name}.svg`), svg);
writeFileSync(join(images, 'cartpole.svg'), await learningCurve());
writeFileSync(join(images, 'starting-diversity.svg'), await diversityFigure());
