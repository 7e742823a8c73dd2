/** The pictures of a study: what its trials were, what they gave, and what that depended on. */

import {
  GaussianProcess,
  importance,
  learnedNoise,
  matern52,
  type Optimizer,
  type Space,
  scale,
} from '@skein/bayesopt';
import { type Dimension, SkeinError, spaceToUnit } from '@skein/core';
import { COLOURS, type PictureText, renderSvg } from './chart.ts';
import { contourPanels, type Panel } from './contours.ts';
import { axisOf, gridPoints, namesOf, tickFormat, valueAt } from './grid.ts';

/** What pictures read of an optimiser. */
export type Study<S extends Space = Space> = Pick<Optimizer<S>, 'space' | 'trials' | 'options' | 'best'>;

export interface StudyText extends PictureText {
  /** What the outcomes are. */
  readonly objective: string;
}

/** A trial that completed. */
interface Done {
  readonly id: number;
  readonly value: number;
  /** Natural values; those that did not take part are left out. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly unit: Float64Array;
}

const WIDTH = 720;
/** The newest trials that a process is fitted to: its cost grows with their cube. */
const MOST_PROCESS_POINTS = 300;

function completed(study: Study): Done[] {
  const done = study
    .trials()
    .flatMap(({ id, values, outcome }) =>
      outcome?.kind === 'complete'
        ? [{ id, value: outcome.value, values, unit: spaceToUnit(study.space, values) }]
        : [],
    );
  if (done.length > 0) return done;
  throw new SkeinError('INPUT', 'expected a study with complete trials, got none', {
    advice: 'Run some trials before drawing them.',
  });
}

const isActive = (dimension: Dimension<unknown>, value: unknown): boolean =>
  dimension.condition === undefined || value !== undefined;

/** Values at the ends and in the middle of a dimension, or all its names, with their positions. */
function ticksOf(dimension: Dimension<unknown>): { u: number; text: string }[] {
  if (axisOf(dimension).type === 'point') {
    const names = namesOf(dimension);
    return names.map((text, k) => ({ u: (k + 0.5) / names.length, text: text.replaceAll(';', ', ') }));
  }
  return [0, 0.5, 1].map((u) => ({ u, text: String(Number(Number(valueAt(dimension, u)).toPrecision(2))) }));
}

/** Every trial as a line across the parameters, coloured by its outcome; the best one on top. */
export async function parallelCoordinates(study: Study, text: StudyText): Promise<string> {
  const done = completed(study);
  const names = Object.keys(study.space);
  const best = study.best()?.id;
  const sorted = done.map(({ value }) => value).sort((a, b) => a - b);
  // A few terrible trials must not make all others look the same.
  const clamp = [sorted[Math.floor(0.05 * (sorted.length - 1))]!, sorted[Math.ceil(0.95 * (sorted.length - 1))]!];
  const lines = done.flatMap(({ id, value, values, unit }) =>
    names.flatMap((name, j) => (isActive(study.space[name]!, values[name]) ? [{ id, value, name, u: unit[j]! }] : [])),
  );
  const ticks = names.flatMap((name) => ticksOf(study.space[name]!).map((tick) => ({ name, ...tick })));
  const x = {
    field: 'name',
    type: 'nominal',
    sort: names,
    title: null,
    axis: {
      orient: 'top',
      domain: false,
      ticks: false,
      labelAngle: 0,
      labelFontWeight: 600,
      labelPadding: 10,
      grid: false,
    },
    scale: { type: 'point', padding: 0.25 },
  };
  const y = { field: 'u', type: 'quantitative', axis: null, scale: { domain: [0, 1] } };
  const color = {
    field: 'value',
    type: 'quantitative',
    scale: { domain: clamp, clamp: true, scheme: 'viridis', reverse: !study.options.maximise },
    legend: {
      title: text.objective,
      orient: 'bottom',
      gradientLength: 240,
      gradientThickness: 10,
      titleFontWeight: 500,
    },
  };
  return renderSvg({
    width: Math.max(WIDTH, 110 * names.length),
    height: 300,
    padding: 16,
    title: { text: text.title, subtitle: text.subtitle, offset: 16 },
    layer: [
      { data: { values: names.map((name) => ({ name })) }, mark: { type: 'rule', color: '#aab4c0' }, encoding: { x } },
      {
        data: { values: lines },
        mark: { type: 'line', strokeWidth: 1.25, opacity: 0.65 },
        encoding: { x, y, color, detail: { field: 'id' } },
      },
      {
        data: { values: lines.filter(({ id }) => id === best) },
        mark: { type: 'line', strokeWidth: 3, color: COLOURS.orange, point: { color: COLOURS.orange, size: 45 } },
        encoding: { x, y, detail: { field: 'id' } },
      },
      {
        data: { values: ticks },
        mark: {
          type: 'text',
          align: 'left',
          dx: 6,
          fontSize: 10,
          color: '#4a5565',
          stroke: 'white',
          strokeWidth: 3,
          strokeOpacity: 0.9,
        },
        encoding: { x, y, text: { field: 'text' } },
      },
      {
        data: { values: ticks },
        mark: { type: 'text', align: 'left', dx: 6, fontSize: 10, color: '#4a5565' },
        encoding: { x, y, text: { field: 'text' } },
      },
    ],
  } as Parameters<typeof renderSvg>[0]);
}

/** The outcome against each parameter, one panel a parameter; later trials are darker. */
export async function slicePicture(study: Study, text: StudyText): Promise<string> {
  const done = completed(study);
  const best = study.best()?.id;
  const names = Object.keys(study.space);
  const columns = Math.min(3, names.length);
  const panels = names.map((name, k) => {
    const dimension = study.space[name]!;
    const axis = axisOf(dimension);
    const values = done.flatMap(({ id, value, values }) => {
      const own = values[name];
      return isActive(dimension, own)
        ? [{ trial: id, value, own: typeof own === 'number' ? own : String(own), best: id === best }]
        : [];
    });
    const numeric = axis.type !== 'point';
    const x = {
      field: 'own',
      type: numeric ? 'quantitative' : 'nominal',
      title: name,
      scale: numeric
        ? { type: axis.type, domain: axis.domain, nice: false, ...(axis.type === 'log' ? {} : { zero: false }) }
        : { domain: axis.domain },
      axis: numeric ? { format: tickFormat(axis), tickCount: 4 } : { labelAngle: 0 },
    };
    const y = {
      field: 'value',
      type: 'quantitative',
      title: k % columns === 0 ? text.objective : null,
      scale: { zero: false },
    };
    return {
      width: (WIDTH - 60 * (columns - 1)) / columns,
      height: 190,
      data: { values },
      layer: [
        {
          mark: { type: 'circle', opacity: 0.85, size: 40, stroke: 'white', strokeWidth: 0.5 },
          encoding: {
            x,
            y,
            color: {
              field: 'trial',
              type: 'quantitative',
              scale: { scheme: 'blues', domain: [-0.4 * done.length, done.length] },
              legend: null,
            },
          },
        },
        {
          transform: [{ filter: 'datum.best' }],
          mark: { type: 'point', shape: 'circle', size: 120, color: COLOURS.orange, strokeWidth: 2.5, filled: false },
          encoding: { x, y },
        },
      ],
    };
  });
  return renderSvg({
    padding: 16,
    title: { text: text.title, subtitle: text.subtitle, offset: 12 },
    columns,
    spacing: 28,
    concat: panels,
  } as Parameters<typeof renderSvg>[0]);
}

/** How much of the outcome's variance each parameter explains, by itself and together with others. */
export async function importancePicture(study: Study, text: PictureText): Promise<string> {
  const found = importance(study);
  const values = found.flatMap(({ name, first, total }) => [
    { name, share: first, part: 'by itself', order: 0 },
    { name, share: Math.max(0, total - first), part: 'together with others', order: 1 },
  ]);
  return renderSvg({
    width: WIDTH - 120,
    height: { step: 34 },
    padding: 16,
    title: { text: text.title, subtitle: text.subtitle, offset: 10 },
    data: { values },
    mark: { type: 'bar', cornerRadius: 2, height: 18 },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: found.map(({ name }) => name),
        title: null,
        axis: { ticks: false, domain: false, labelFontSize: 12, labelPadding: 8 },
      },
      x: { field: 'share', type: 'quantitative', title: 'share of the variance', axis: { format: '%', tickCount: 5 } },
      color: {
        field: 'part',
        type: 'nominal',
        scale: { domain: ['by itself', 'together with others'], range: [COLOURS.blue, '#a9cbe3'] },
      },
      order: { field: 'order' },
    },
  } as Parameters<typeof renderSvg>[0]);
}

/** Side of the grid of a contour. */
const SIDE = 40;

/**
 * The outcome over pairs of the most important parameters, the others at the best trial's values: the mean of a Gaussian
 * process over the trials. Null if fewer than two parameters of the best trial are numbers.
 */
export async function pairContours(study: Study, text: StudyText, most = 3): Promise<string | null> {
  const done = completed(study);
  const best = study.best() ?? done[0]!;
  const names = Object.keys(study.space);
  const numeric = importance(study)
    .map(({ name }) => name)
    .filter((name) => axisOf(study.space[name]!).type !== 'point' && isActive(study.space[name]!, best.values[name]))
    .slice(0, most);
  if (numeric.length < 2) return null;
  const pairs = numeric.flatMap((a, i) => numeric.slice(i + 1).map((b) => [a, b] as const));
  const process = fitProcess(done, names.length);
  const centre = spaceToUnit(study.space, best.values as never);
  const panels = pairs.map(([a, b]): Panel => {
    const rows = gridPoints(SIDE).map(([u, v]) => {
      const row = [...centre];
      row[names.indexOf(a)] = u;
      row[names.indexOf(b)] = v;
      return row;
    });
    const axis = (name: string) => ({ ...axisOf(study.space[name]!), title: name });
    const marks = done
      .filter(({ values }) => values[a] !== undefined && values[b] !== undefined)
      .map(({ id, values }) => ({ x: values[a] as number, y: values[b] as number, best: id === best.id }));
    return {
      title: `${b} over ${a}`,
      grid: { side: SIDE, values: process(rows) },
      x: axis(a),
      y: axis(b),
      scheme: 'viridis',
      marks: [...marks.filter((mark) => !mark.best), ...marks.filter((mark) => mark.best)],
    };
  });
  return contourPanels(panels, text, Math.min(2, panels.length));
}

/** The mean of a process fitted to trials, as a function of unit points. */
function fitProcess(done: readonly Done[], d: number): (rows: number[][]) => Float64Array {
  const kept = done.slice(-MOST_PROCESS_POINTS);
  const values = kept.map(({ value }) => value);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) || 1;
  const process = new GaussianProcess({
    kernel: scale(matern52({ lengthscale: Array<number>(d).fill(0.5), bounds: [0.05, 10] })),
    noise: learnedNoise(),
  }).fit(
    kept.map(({ unit }) => unit),
    values.map((v) => (v - mean) / deviation),
  );
  return (rows) => process.predict(rows).mean.map((m) => mean + deviation * m);
}
