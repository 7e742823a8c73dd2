/** Best value so far against the number of trials, of one method or of several, each over some seeds. */

import { COLOURS, type PictureText, renderSvg } from './chart.ts';

export interface Convergence {
  readonly label: string;
  /** Outcomes in the order of the trials, a list a seed. */
  readonly runs: readonly (readonly number[])[];
}

export interface ConvergenceOptions extends PictureText {
  readonly y: string;
  readonly maximise?: boolean;
  /** A logarithmic axis, for regrets. */
  readonly logarithmic?: boolean;
}

const PALETTE = [COLOURS.orange, COLOURS.blue, COLOURS.green, COLOURS.purple, COLOURS.gold, COLOURS.grey];

/** Medians over the seeds of the best value so far, with the band between the quartiles. */
export function convergencePicture(methods: readonly Convergence[], options: ConvergenceOptions): Promise<string> {
  const values = methods.flatMap(({ label, runs }) => summary(runs, options.maximise ?? false, label));
  const labels = methods.map(({ label }) => label);
  const x = { field: 'trial', type: 'quantitative', title: 'trials', axis: { format: 'd' } };
  const scale = options.logarithmic === true ? { type: 'log' } : { zero: false };
  const axis = options.logarithmic === true ? { format: '~e', tickCount: 6 } : {};
  const y = (field: string) => ({ field, type: 'quantitative', title: options.y, scale, axis });
  const color = {
    field: 'label',
    type: 'nominal',
    scale: { domain: labels, range: PALETTE.slice(0, labels.length) },
    legend: { symbolOpacity: 1 },
  };
  const several = methods.some(({ runs }) => runs.length > 1);
  const layer = [
    ...(several
      ? [
          {
            mark: { type: 'area', opacity: 0.15, interpolate: 'step-after' },
            encoding: { x, y: y('low'), y2: { field: 'high' }, color },
          },
        ]
      : []),
    { mark: { type: 'line', strokeWidth: 2.25, interpolate: 'step-after' }, encoding: { x, y: y('median'), color } },
  ];
  return renderSvg({
    width: 720,
    height: 320,
    padding: 16,
    title: { text: options.title, subtitle: options.subtitle },
    data: { values },
    layer,
  } as Parameters<typeof renderSvg>[0]);
}

interface Row {
  readonly label: string;
  readonly trial: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function summary(runs: readonly (readonly number[])[], maximise: boolean, label: string): Row[] {
  const best = runs.map((run) => {
    let record = maximise ? -Infinity : Infinity;
    return run.map((v) => (record = maximise ? Math.max(record, v) : Math.min(record, v)));
  });
  const trials = Math.min(...best.map((run) => run.length));
  return Array.from({ length: trials }, (_, i) => {
    const sorted = best.map((run) => run[i]!).sort((a, b) => a - b);
    return {
      label,
      trial: i + 1,
      median: quantile(sorted, 0.5),
      low: quantile(sorted, 0.25),
      high: quantile(sorted, 0.75),
    };
  });
}

/** Linear interpolation between the two values around the position. */
function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below]! + (at - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}
