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
import type { ProgressView } from './progress.ts';
import type { RunFolder } from './run-folder.ts';

export class TrainRecorder {
  readonly #folder: RunFolder;
  readonly #runtime: Runtime;
  readonly #progress: ProgressView;
  /** Open from the first attempt's start. */
  #sink: MetricSink | null = null;
  /** Step of the newest checkpoint in the folder. */
  #savedStep: number;
  /** Why the next attempt starts, if one was lost. */
  #retried: string | null = null;
  /** True once a worker has taken the task. */
  #started = false;
  #best: number | null = null;
  #notes: Readonly<Record<'return' | 'evaluation', string>> = { return: '', evaluation: '' };
  readonly #failed = Promise.withResolvers<never>();
  /** The digest that each file is to have in the end: what was overtaken is not fetched. */
  readonly #newest = new Map<string, string>();
  /** Files are written one after the other, in the order of the reports. */
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: RunFolder, runtime: Runtime, progress: ProgressView, start: number) {
    this.#folder = folder;
    this.#runtime = runtime;
    this.#progress = progress;
    this.#savedStep = start;
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects once something cannot be written: a run whose checkpoints are lost is not worth going on with. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Takes in a report of the task. */
  receive(report: TrainReport): void {
    try {
      this.#receive(report);
    } catch (error) {
      this.#failed.reject(error);
    }
  }

  #receive(report: TrainReport): void {
    switch (report.type) {
      case 'start':
        this.#startFrom(report.step);
        return;
      case 'metrics':
        this.#sink?.write(report.step, report.metrics);
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
        // What a server tells again is no newer than the folder.
        if (report.step <= this.#savedStep) return;
        this.#savedStep = report.step;
        this.#store(this.#folder.checkpoint, report.checkpoint);
        return;
      default:
        report satisfies never;
    }
  }

  /** An attempt starts: what an earlier one wrote of later steps comes again. */
  #startFrom(step: number): void {
    if (this.#retried !== null) this.#progress.log(`${this.#retried}; continuing from the checkpoint at step ${step}`);
    this.#retried = null;
    void this.#sink?.close();
    truncateMetrics(this.#folder.metrics, step);
    this.#sink = openMetricFiles(this.#folder);
  }

  /** Watches the task's fate. */
  onEvent(event: RuntimeEvent, taskId: string): void {
    if (!('taskId' in event) || event.taskId !== taskId) return;
    if (event.type === 'task/started') this.#started = true;
    if (event.type === 'task/retried') this.#retried = event.reason;
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
    await this.#sink?.close();
    this.#sink = null;
  }

  #store(path: string, digest: string): void {
    this.#newest.set(path, digest);
    this.#writing = this.#writing.then(async () => {
      if (this.#newest.get(path) === digest) writeFileAtomic(path, await this.#runtime.blobs.get(digest));
    });
    this.#writing.catch((error: unknown) => this.#failed.reject(error));
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
