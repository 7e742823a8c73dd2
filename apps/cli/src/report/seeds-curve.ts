/** Learning curves of several seeds in one picture: each thin, their interquartile mean with its interval on top. */

import type { MetricRow } from '@skein/core';
import { type ChartText, COLOURS, renderSvg, SIZE } from '@skein/plot';
import { bootstrapInterval } from '@skein/rl';

interface Point {
  readonly step: number;
  readonly value: number;
}

/** Evaluations of one run, by step. */
const evaluations = (rows: readonly MetricRow[]): Point[] =>
  rows.flatMap(({ step, metrics }) => {
    const value = metrics['evaluation/return'];
    return value === undefined ? [] : [{ step, value }];
  });

/** The interquartile mean at every step at which a run was evaluated; runs that have ended keep their last value. */
export function seedsSummary(
  runs: readonly (readonly Point[])[],
): { step: number; value: number; low: number; high: number }[] {
  const begun = Math.max(...runs.map((points) => points[0]?.step ?? Infinity));
  const steps = [...new Set(runs.flatMap((points) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  return steps
    .filter((step) => step >= begun)
    .map((step) => ({
      step,
      ...bootstrapInterval(runs.map((points) => points.findLast((p) => p.step <= step)!.value)),
    }));
}

/** Draws the evaluations of several runs of one configuration. */
export function seedsCurve(rows: readonly (readonly MetricRow[])[], text: ChartText): Promise<string> {
  const runs = rows.map(evaluations);
  const x = { field: 'step', type: 'quantitative', title: text.x, axis: { format: '~s' } };
  const y = (field: string) => ({ field, type: 'quantitative', title: text.y, scale: { zero: false } });
  const colour = {
    datum: 'interquartile mean, 95 % interval',
    type: 'nominal',
    scale: { domain: ['each seed', 'interquartile mean, 95 % interval'], range: [COLOURS.grey, COLOURS.blue] },
  };
  const values = seedsSummary(runs);
  const layer = [
    ...runs.map((points) => ({
      data: { values: points },
      mark: { type: 'line', strokeWidth: 1, opacity: 0.6 },
      encoding: { x, y: y('value'), color: { ...colour, datum: 'each seed' } },
    })),
    {
      data: { values },
      mark: { type: 'area', opacity: 0.2 },
      encoding: { x, y: y('low'), y2: { field: 'high' }, color: colour },
    },
    { data: { values }, mark: { type: 'line', strokeWidth: 2.5 }, encoding: { x, y: y('value'), color: colour } },
    ...(text.threshold === undefined
      ? []
      : [
          {
            data: { values: [{ value: text.threshold }] },
            mark: { type: 'rule', strokeDash: [5, 4], color: COLOURS.green, strokeWidth: 1.5 },
            encoding: { y: y('value') },
          },
        ]),
  ];
  const spec = { ...SIZE, title: { text: text.title, subtitle: text.subtitle }, layer };
  return renderSvg(spec as Parameters<typeof renderSvg>[0]);
}
