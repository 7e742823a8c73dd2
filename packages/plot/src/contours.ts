/** Filled contours of functions of two inputs, one panel beside the other. */

import type { Acquisition, GaussianProcess } from '@skein/bayesopt';
import type { Spec } from 'vega';
import { COLOURS, type PictureText, renderVega } from './chart.ts';
import { type AxisScale, type Grid, gridPoints, tickFormat } from './grid.ts';

const PANEL = 270;
const LEVELS = 12;

/** Something drawn over contours. */
export interface Mark {
  readonly x: string | number;
  readonly y: string | number;
  /** Drawn as a star. */
  readonly best?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly grid: Grid;
  readonly x: AxisScale & { readonly title: string };
  readonly y: AxisScale & { readonly title: string };
  /** A scheme of Vega: dark is high. */
  readonly scheme: 'blues' | 'oranges' | 'viridis';
  readonly marks: readonly Mark[];
}

/** Panels of filled contours, `columns` in a row. */
export function contourPanels(panels: readonly Panel[], text: PictureText, columns = panels.length): Promise<string> {
  return renderVega({
    padding: 16,
    title: { text: text.title, subtitle: text.subtitle, offset: 14, anchor: 'start' },
    layout: { columns, padding: { row: 36, column: 52 }, bounds: 'full', align: 'each' },
    marks: panels.map(panelGroup),
  } as Spec);
}

/** Vega's contours count rows from the top. */
const fromTop = ({ side, values }: Grid): number[] =>
  Array.from({ length: side * side }, (_, at) => values[(side - 1 - Math.floor(at / side)) * side + (at % side)]!);

function panelGroup(panel: Panel): object {
  const { grid, x, y, scheme, marks } = panel;
  const values = fromTop(grid);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const thresholds = Array.from({ length: LEVELS }, (_, k) => low + ((high - low) * k) / LEVELS);
  const axis = (name: 'x' | 'y', scale: AxisScale) => ({
    name,
    type: scale.type,
    domain: scale.domain,
    range: name === 'x' ? [0, PANEL] : [PANEL, 0],
    nice: false,
    zero: false,
    ...(scale.type === 'point' ? { padding: 0.5 } : {}),
  });
  const shape = grid.side;
  return {
    type: 'group',
    title: { text: panel.title, fontSize: 12, fontWeight: 500, anchor: 'start', offset: 6 },
    encode: { update: { width: { value: PANEL }, height: { value: PANEL } } },
    data: [
      { name: 'grid', values: [{ width: shape, height: shape, values }] },
      {
        name: 'contours',
        source: 'grid',
        transform: [{ type: 'isocontour', scale: PANEL / shape, smooth: true, thresholds }],
      },
      { name: 'points', values: marks },
    ],
    scales: [
      axis('x', x),
      axis('y', y),
      { name: 'fill', type: 'linear', domain: [low, high], range: { scheme }, zero: false },
    ],
    axes: [axisSpec('x', 'bottom', x), axisSpec('y', 'left', y)],
    legends: [
      {
        fill: 'fill',
        type: 'gradient',
        orient: 'right',
        gradientLength: PANEL,
        gradientThickness: 10,
        format: '.3~g',
        offset: 10,
      },
    ],
    marks: [
      {
        type: 'path',
        clip: true,
        from: { data: 'contours' },
        encode: {
          update: {
            fill: { scale: 'fill', field: 'contour.value' },
            stroke: { value: 'white' },
            strokeWidth: { value: 0.5 },
            strokeOpacity: { value: 0.7 },
          },
        },
        transform: [{ type: 'geopath', field: 'datum.contour' }],
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: {
          update: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            shape: [
              {
                test: 'datum.best',
                value: 'M0,-1L.29,-.4L.95,-.31L.48,.15L.59,.81L0,.5L-.59,.81L-.48,.15L-.95,-.31L-.29,-.4Z',
              },
              { value: 'circle' },
            ],
            size: [{ test: 'datum.best', value: 260 }, { value: 28 }],
            fill: [{ test: 'datum.best', value: COLOURS.orange }, { value: 'white' }],
            stroke: { value: COLOURS.ink },
            strokeWidth: { value: 1 },
          },
        },
      },
    ],
  };
}

const axisSpec = (scale: 'x' | 'y', orient: 'bottom' | 'left', axis: Panel['x']) => ({
  scale,
  orient,
  title: axis.title,
  grid: false,
  tickCount: 5,
  ...(axis.type === 'point' ? {} : { format: tickFormat(axis) }),
});

export interface SurfaceOptions extends PictureText {
  readonly x: { readonly title: string; readonly range: readonly [low: number, high: number] };
  readonly y: { readonly title: string; readonly range: readonly [low: number, high: number] };
  /** Drawn beside the mean; without it, the standard deviation is. */
  readonly acquisition?: Acquisition;
  /** Points that were observed: rows of two numbers. */
  readonly observed?: readonly (readonly number[])[];
  /** The point to emphasise: the best one, or the next. */
  readonly best?: readonly number[];
}

const SIDE = 60;

/** Mean of a process of two inputs, and beside it an acquisition function, or the deviation. */
export function surfaceContours(process: GaussianProcess, options: SurfaceOptions): Promise<string> {
  const { x, y, acquisition, observed = [], best } = options;
  const at = ([low, high]: readonly [number, number], u: number): number => low + u * (high - low);
  const { mean, variance } = process.predict(gridPoints(SIDE).map(([u, v]) => [at(x.range, u), at(y.range, v)]));
  const deviation = variance.map(Math.sqrt);
  const score =
    acquisition === undefined ? deviation : mean.map((m, i) => acquisition.value(m, Math.max(1e-12, deviation[i]!)));
  const marks: Mark[] = observed.map(([a, b]) => ({ x: a!, y: b! }));
  if (best !== undefined) marks.push({ x: best[0]!, y: best[1]!, best: true });
  const axes = {
    x: { type: 'linear', domain: x.range, title: x.title },
    y: { type: 'linear', domain: y.range, title: y.title },
    marks,
  } as const;
  const second = acquisition === undefined ? 'standard deviation' : 'acquisition function';
  return contourPanels(
    [
      { ...axes, title: 'mean', grid: { side: SIDE, values: mean }, scheme: 'viridis' },
      { ...axes, title: second, grid: { side: SIDE, values: score }, scheme: 'oranges' },
    ],
    options,
  );
}
