/** The pictures of runs: learning curves, studies and evolutions, each one call that gives an SVG text. */

import type { MetricName, MetricRow } from '@skein/core';
import { COLOURS, renderSvg } from './chart.ts';

/** Of every picture of a run. */
export const SIZE = { width: 720, height: 320, padding: 16 } as const;

/** One line of a chart: rows of a metric under a label. */
export interface Series {
  readonly label: string;
  readonly metric: MetricName;
  readonly colour: string;
  /** Thin and pale, for raw data behind a summary. */
  readonly faint?: boolean;
  readonly points?: boolean;
}

export interface ChartText {
  readonly title: string;
  readonly subtitle: string;
  readonly x: string;
  readonly y: string;
  /** A dashed line, such as the return at which the task counts as solved. */
  readonly threshold?: number;
}

/** Draws metrics against the step. Series without data are left out. */
export function metricChart(rows: readonly MetricRow[], series: readonly Series[], text: ChartText): Promise<string> {
  const layers = series.map((s) => layerOf(rows, s)).filter((layer) => layer.data.values.length > 0);
  const shown = series.filter((s) => rows.some((row) => row.metrics[s.metric] !== undefined));
  const axes = {
    x: { field: 'step', type: 'quantitative', title: text.x, axis: { format: '~s' } },
    y: { field: 'value', type: 'quantitative', title: text.y, scale: { zero: false } },
    color: {
      field: 'series',
      type: 'nominal',
      scale: { domain: shown.map((s) => s.label), range: shown.map((s) => s.colour) },
    },
  } as const;
  const rule = {
    data: { values: [{ value: text.threshold }] },
    mark: { type: 'rule', strokeDash: [5, 4], color: COLOURS.green, strokeWidth: 1.5 },
    encoding: { y: { field: 'value', type: 'quantitative' } },
  } as const;
  return renderSvg({
    ...SIZE,
    title: { text: text.title, subtitle: text.subtitle },
    layer: [...layers.map((layer) => ({ ...layer, encoding: axes })), ...(text.threshold === undefined ? [] : [rule])],
  } as Parameters<typeof renderSvg>[0]);
}

function layerOf(rows: readonly MetricRow[], series: Series) {
  const values = rows.flatMap((row) => {
    const value = row.metrics[series.metric];
    return value === undefined || !Number.isFinite(value) ? [] : [{ step: row.step, value, series: series.label }];
  });
  const style = series.faint ? { strokeWidth: 1, opacity: 0.45 } : { strokeWidth: 2.25 };
  return { data: { values }, mark: { type: 'line', ...style, point: series.points ? { size: 28 } : false } } as const;
}

/** Return of training episodes and of evaluations against environment steps. */
export const learningCurve = (rows: readonly MetricRow[], text: ChartText): Promise<string> =>
  metricChart(
    rows,
    [
      { label: 'training episodes', metric: 'episode/return', colour: COLOURS.grey, faint: true },
      { label: 'evaluation', metric: 'evaluation/return', colour: COLOURS.blue, points: true },
    ],
    text,
  );

/** Objective of each trial and the best so far. */
export const studyCurve = (rows: readonly MetricRow[], text: ChartText): Promise<string> =>
  metricChart(
    rows,
    [
      { label: 'trial', metric: 'trial/value', colour: COLOURS.grey, faint: true, points: true },
      { label: 'best so far', metric: 'trial/best', colour: COLOURS.orange },
    ],
    text,
  );

/** Best and mean fitness of each generation. */
export const evolutionCurve = (rows: readonly MetricRow[], text: ChartText): Promise<string> =>
  metricChart(
    rows,
    [
      { label: 'mean of the generation', metric: 'generation/mean', colour: COLOURS.grey },
      { label: 'best of the generation', metric: 'generation/best', colour: COLOURS.blue },
    ],
    text,
  );

/** A Pareto front that was found, over the known one. */
export function frontPicture(
  found: readonly (readonly [number, number])[],
  known: readonly (readonly [number, number])[],
  text: ChartText,
): Promise<string> {
  const layer = (points: readonly (readonly [number, number])[], series: string, size: number) => ({
    data: { values: points.map(([f1, f2]) => ({ f1, f2, series })) },
    mark: { type: 'circle', size, opacity: 1 },
    encoding: {
      x: { field: 'f1', type: 'quantitative', title: text.x },
      y: { field: 'f2', type: 'quantitative', title: text.y },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: ['known front', 'found'], range: [COLOURS.grey, COLOURS.blue] },
      },
    },
  });
  return renderSvg({
    ...SIZE,
    title: { text: text.title, subtitle: text.subtitle },
    layer: [layer(known, 'known front', 8), layer(found, 'found', 30)],
  } as Parameters<typeof renderSvg>[0]);
}
