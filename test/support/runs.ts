/** What runs leave behind, as tests compare it. */

import { join } from 'node:path';
import { type MetricRow, readMetrics } from '@skein/core';

/** What two runs with one seed must agree on: all metrics but the time that they took. */
export const rows = (folder: string): MetricRow[] =>
  readMetrics(join(folder, 'metrics.jsonl')).map(
    ({ step, metrics: { 'perf/steps-per-second': _time, ...metrics } }) => ({
      step,
      metrics,
    }),
  );
