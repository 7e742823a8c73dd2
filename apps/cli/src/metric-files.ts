/** The metric sinks of a run folder: JSON lines and TensorBoard events. */

import { jsonLinesSink, type MetricSink, teeSink, tensorBoardSink } from '@skein/core';
import type { RunFolder } from './run-folder.ts';

/** Opens both files of a run for appending. */
export const openMetricFiles = (folder: RunFolder): MetricSink =>
  teeSink(jsonLinesSink(folder.metrics), tensorBoardSink(folder.tensorBoard));
