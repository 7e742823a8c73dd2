/** A process of one input: its mean and band over the data, and an acquisition function below. */

import type { Acquisition, GaussianProcess } from '@skein/bayesopt';
import { COLOURS, type PictureText, renderSvg } from './chart.ts';

export interface SurrogateOptions extends PictureText {
  readonly range: readonly [low: number, high: number];
  readonly x?: string;
  readonly y?: string;
  /** What was observed. */
  readonly observed?: readonly (readonly [x: number, y: number])[];
  /** The function itself, where it is known. */
  readonly truth?: (x: number) => number;
  /** Functions drawn from the process, as thin lines. */
  readonly samples?: { readonly count: number; readonly seed: number };
  /** Drawn in a panel of its own, with its maximum. */
  readonly acquisition?: { readonly label: string; readonly of: Acquisition };
}

const WIDTH = 720;
const POINTS = 201;

type Layer = Readonly<Record<string, unknown>>;

/** Mean and 95 % band of a process along one input, with what was observed. */
export function surrogatePicture(process: GaussianProcess, options: SurrogateOptions): Promise<string> {
  const [low, high] = options.range;
  const xs = Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
  const { mean, variance } = process.predict(xs.map((x) => [x]));
  const deviation = variance.map(Math.sqrt);
  const x = { field: 'x', type: 'quantitative', title: options.x ?? 'x', scale: { domain: [low, high], nice: false } };
  const panels = [belief(process, options, xs, mean, deviation, x)];
  if (options.acquisition !== undefined) panels.push(scores(options.acquisition, xs, mean, deviation, x));
  return renderSvg({
    padding: 16,
    title: { text: options.title, subtitle: options.subtitle, offset: 12 },
    vconcat: panels,
    spacing: 18,
    resolve: { scale: { color: 'independent' } },
  } as Parameters<typeof renderSvg>[0]);
}

function belief(
  process: GaussianProcess,
  { range, y = 'f(x)', observed = [], truth, samples }: SurrogateOptions,
  xs: readonly number[],
  mean: Float64Array,
  deviation: Float64Array,
  x: Layer,
): Layer {
  const y_ = (field: string): Layer => ({ field, type: 'quantitative', title: y, scale: { zero: false } });
  const values = xs.map((at, i) => ({
    x: at,
    mean: mean[i]!,
    low: mean[i]! - 1.96 * deviation[i]!,
    high: mean[i]! + 1.96 * deviation[i]!,
  }));
  const lines =
    samples === undefined
      ? []
      : process.sample(
          xs.map((at) => [at]),
          samples,
        );
  const series = [
    { label: 'mean and 95 % band', colour: COLOURS.blue },
    ...(lines.length > 0 ? [{ label: 'functions drawn from it', colour: COLOURS.grey }] : []),
    ...(truth === undefined ? [] : [{ label: 'the function', colour: COLOURS.green }]),
    ...(observed.length > 0 ? [{ label: 'observed', colour: COLOURS.ink }] : []),
  ];
  const colour = (label: string): Layer => ({
    datum: label,
    type: 'nominal',
    scale: { domain: series.map((s) => s.label), range: series.map((s) => s.colour) },
    legend: { symbolOpacity: 1 },
  });
  const layer: Layer[] = [
    {
      data: { values },
      mark: { type: 'area', opacity: 0.16 },
      encoding: { x, y: y_('low'), y2: { field: 'high' }, color: colour('mean and 95 % band') },
    },
    ...lines.map((line) => ({
      data: { values: xs.map((at, i) => ({ x: at, y: line[i]! })) },
      mark: { type: 'line', strokeWidth: 1, opacity: 0.8 },
      encoding: { x, y: y_('y'), color: colour('functions drawn from it') },
    })),
  ];
  if (truth !== undefined) {
    layer.push({
      data: { values: xs.map((at) => ({ x: at, y: truth(at) })) },
      mark: { type: 'line', strokeDash: [6, 4], strokeWidth: 1.75 },
      encoding: { x, y: y_('y'), color: colour('the function') },
    });
  }
  layer.push({
    data: { values },
    mark: { type: 'line', strokeWidth: 2.25 },
    encoding: { x, y: y_('mean'), color: colour('mean and 95 % band') },
  });
  if (observed.length > 0) {
    layer.push({
      data: { values: observed.filter(([at]) => at >= range[0] && at <= range[1]).map(([at, v]) => ({ x: at, y: v })) },
      mark: { type: 'circle', size: 70, opacity: 1 },
      encoding: { x, y: y_('y'), color: colour('observed') },
    });
  }
  return { width: WIDTH, height: 260, layer };
}

function scores(
  { label, of }: NonNullable<SurrogateOptions['acquisition']>,
  xs: readonly number[],
  mean: Float64Array,
  deviation: Float64Array,
  x: Layer,
): Layer {
  const values = xs.map((at, i) => ({ x: at, score: of.value(mean[i]!, Math.max(1e-12, deviation[i]!)) }));
  const best = values.reduce((a, b) => (b.score > a.score ? b : a));
  const y = { field: 'score', type: 'quantitative', title: label, axis: { tickCount: 3 }, scale: { zero: false } };
  return {
    width: WIDTH,
    height: 110,
    layer: [
      {
        data: { values },
        mark: { type: 'area', color: COLOURS.orange, opacity: 0.25, line: { color: COLOURS.orange } },
        encoding: { x, y },
      },
      {
        data: { values: [best] },
        mark: { type: 'rule', color: COLOURS.orange, strokeDash: [4, 3] },
        encoding: { x },
      },
      {
        data: { values: [{ ...best, text: `next: ${Number(best.x.toPrecision(3))}` }] },
        mark: {
          type: 'text',
          align: best.x > 0.8 * xs.at(-1)! + 0.2 * xs[0]! ? 'right' : 'left',
          dx: best.x > 0.8 * xs.at(-1)! + 0.2 * xs[0]! ? -6 : 6,
          dy: -2,
          baseline: 'bottom',
          color: COLOURS.orange,
        },
        encoding: { x, y, text: { field: 'text' } },
      },
    ],
  };
}
