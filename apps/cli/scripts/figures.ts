/** Draws the pictures of the documentation anew: `node apps/cli/scripts/figures.ts`. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startingDiversity } from '@skein/evolution';
import { COLOURS, renderSvg } from '@skein/plot';
import { main } from '../src/main.ts';

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

writeFileSync(join(images, 'cartpole.svg'), await learningCurve());
writeFileSync(join(images, 'starting-diversity.svg'), await diversityFigure());
