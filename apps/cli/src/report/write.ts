/** Writes a run's pictures and page into its folder. */

import { type MetricRow, readMetrics, writeFileAtomic } from '@skein/core';
import type { RunFolder } from '../run-folder.ts';
import type { ReportTable } from './page.ts';

export interface ReportText {
  readonly title: string;
  readonly summary: string;
  readonly tables: readonly ReportTable[];
  /** The picture of the rows, or several, the main one first. */
  readonly draw: (rows: readonly MetricRow[]) => Promise<string | readonly string[]>;
}

/** Draws `curve.svg` and `report.html` from the run's metrics file. The drawing library is loaded only now: it is large. */
export async function writeReport(folder: RunFolder, text: ReportText): Promise<void> {
  const { reportPage } = await import('./page.ts');
  const figures = [await text.draw(readMetrics(folder.metrics))].flat();
  writeFileAtomic(folder.curve, figures[0]!);
  writeFileAtomic(folder.report, reportPage({ ...text, figures }));
}

/** A configuration or summary as a table. */
export const tableOf = (heading: string, values: Readonly<Record<string, unknown>>): ReportTable => ({
  heading,
  rows: Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
});
