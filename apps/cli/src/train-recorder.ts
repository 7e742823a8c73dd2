/** Writes what a training task reports into its run's folder, and shows it. */

import {
  type MetricSink,
  type Metrics,
  type Runtime,
  type RuntimeEvent,
  type TaskHandle,
  truncateMetrics,
  writeFileAtomic,
} from '@skein/core';
import { stopParameter, type TrainOutput, type TrainReport } from '@skein/rl/tasks';
import { openMetricFiles } from './metric-files.ts';
import type { Progress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';

export class TrainRecorder {
  readonly #folder: RunFolder;
  readonly #runtime: Runtime;
  readonly #progress: Progress;
  #sink: MetricSink;
  /** Step of the newest checkpoint in the folder. */
  #savedStep: number;
  /** True once a worker has taken the task. */
  #started = false;
  #best: number | null = null;
  #notes: Readonly<Record<'return' | 'evaluation', string>> = { return: '', evaluation: '' };
  /** Files are written one after the other, in the order of the reports. */
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: RunFolder, runtime: Runtime, progress: Progress, start: number) {
    this.#folder = folder;
    this.#runtime = runtime;
    this.#progress = progress;
    this.#savedStep = start;
    truncateMetrics(folder.metrics, start);
    this.#sink = openMetricFiles(folder);
  }

  /** Takes in a report of the task. */
  receive(report: TrainReport): void {
    switch (report.type) {
      case 'metrics':
        this.#sink.write(report.step, report.metrics);
        this.#show(report.step, report.metrics);
        return;
      case 'evaluation':
        if (report.agent !== null) {
          this.#best = report.mean;
          this.#store(this.#folder.agent, report.agent);
          this.#show(report.step, {});
        }
        return;
      case 'checkpoint':
        this.#savedStep = report.step;
        this.#store(this.#folder.checkpoint, report.checkpoint);
        return;
      default:
        report satisfies never;
    }
  }

  /** Watches the task's fate: a second attempt repeats the steps since the newest checkpoint. */
  onEvent(event: RuntimeEvent, taskId: string): void {
    if (!('taskId' in event) || event.taskId !== taskId) return;
    if (event.type === 'task/started') this.#started = true;
    if (event.type !== 'task/retried') return;
    this.#progress.log(`${event.reason}; continuing from the checkpoint at step ${this.#savedStep}`);
    void this.#sink.close();
    truncateMetrics(this.#folder.metrics, this.#savedStep);
    this.#sink = openMetricFiles(this.#folder);
  }

  /** Asks the task to stop with a checkpoint; cancels it if no worker has taken it yet. */
  stop(handle: TaskHandle<unknown>): void {
    if (!this.#started) {
      handle.cancel('stopped before a worker took it');
      return;
    }
    this.#progress.log('stopping with a checkpoint; press Ctrl-C again to stop at once');
    this.#runtime.parameters
      .publish(stopParameter(handle.id), true)
      .catch(() => handle.cancel('the server cannot be reached'));
  }

  /** Waits for the files and writes the last checkpoint and the best agent. */
  async finish(output: TrainOutput | null): Promise<void> {
    if (output !== null) {
      this.#store(this.#folder.checkpoint, output.checkpoint);
      this.#store(this.#folder.agent, output.agent);
    }
    await this.#writing;
    await this.#sink.close();
  }

  #store(path: string, digest: string): void {
    this.#writing = this.#writing.then(async () => writeFileAtomic(path, await this.#runtime.blobs.get(digest)));
    // Awaited by finish(), which reports the first failure.
    this.#writing.catch(() => undefined);
  }

  #show(step: number, metrics: Metrics): void {
    const episode = metrics['episode/return'];
    const evaluation = metrics['evaluation/return'];
    this.#notes = {
      return: episode === undefined ? this.#notes.return : `return ${episode.toFixed(1)}`,
      evaluation: evaluation === undefined ? this.#notes.evaluation : `evaluation ${evaluation.toFixed(1)}`,
    };
    const best = this.#best === null ? '' : `best ${this.#best.toFixed(1)}`;
    this.#progress.update(step, [this.#notes.return, this.#notes.evaluation, best].filter((s) => s !== '').join('  '));
  }
}
