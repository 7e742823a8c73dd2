/** The pictures of a study's report. */

import type { Optimizer } from '@skein/bayesopt';
import type { MetricRow, Space } from '@skein/core';

export interface StudyTitles {
  readonly title: string;
  readonly subtitle: string;
  /** What the outcomes are. */
  readonly objective: string;
}

/** Convergence first; and where there is enough to see, parallel coordinates, slices, importance and contours of pairs. */
export async function studyFigures(
  rows: readonly MetricRow[],
  optimizer: Optimizer<Space>,
  { title, subtitle, objective }: StudyTitles,
): Promise<string[]> {
  const plot = await import('@skein/plot');
  const figures = [await plot.studyCurve(rows, { title, subtitle, x: 'trials', y: objective })];
  const complete = optimizer.trials().filter(({ outcome }) => outcome?.kind === 'complete').length;
  if (complete < 2) return figures;
  const by = (title: string, subtitle: string) => ({ title, subtitle, objective });
  figures.push(
    await plot.parallelCoordinates(optimizer, by('Trials', 'a line a trial, the best one thick')),
    await plot.slicePicture(optimizer, by('Outcome by parameter', 'later trials are darker, the best one has a ring')),
  );
  if (Object.keys(optimizer.space).length < 2) return figures;
  figures.push(
    await plot.importancePicture(
      optimizer,
      by('What the outcome depends on', 'functional analysis of variance of a random forest'),
    ),
  );
  const pairs = await plot.pairContours(
    optimizer,
    by('Pairs of parameters', `${objective}: mean of a Gaussian process, the others as in the best trial`),
  );
  return pairs === null ? figures : [...figures, pairs];
}
