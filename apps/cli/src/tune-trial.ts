/** One trial of a study: training runs with several seeds, judged together, stopped early when a pruner says so. */

import type { Outcome, TrialContext } from '@skein/bayesopt';
import type { Runtime, TaskHandle } from '@skein/core';
import { parseTrainReport, stopParameter, type TrainOutput, trainTask } from '@skein/rl/tasks';
import { optionValue } from './dimension-text.ts';
import { OBJECTIVES, type TuneRun } from './tune-run.ts';

/**
 * The outcome of a trial: the mean over its seeds. Every trial trains with the same seeds, so luck is shared. Tasks are
 * named by trial: what workers finished while the study was away is found again.
 */
export async function judge(
  run: TuneRun,
  runtime: Runtime,
  values: Readonly<Record<string, unknown>>,
  context: TrialContext,
): Promise<Outcome | number> {
  const searched = Object.entries(values).map(([name, value]) => [
    name,
    optionValue(run.schema.properties[name], value),
  ]);
  const curve = new SharedCurve(run.seedsPerTrial);
  let pruned: Extract<Outcome, { kind: 'pruned' }> | null = null;
  const handles: TaskHandle<TrainOutput>[] = [];
  const onEvaluation = (seed: number, step: number, mean: number): void => {
    const shared = curve.add(seed, step, mean);
    if (shared === null || pruned !== null || !context.report(step, shared)) return;
    pruned = { kind: 'pruned', step, value: shared };
    for (const { id } of handles) void runtime.parameters.publish(stopParameter(id), true).catch(() => undefined);
  };
  for (let seed = 0; seed < run.seedsPerTrial; seed++) {
    const config = { ...run.config, ...Object.fromEntries(searched), seed: run.config.seed + seed };
    const input = { algorithm: run.algorithm, config, backend: run.backend };
    const onProgress = (raw: unknown): void => {
      const report = parseTrainReport(raw);
      if (report.type === 'evaluation') onEvaluation(seed, report.step, report.mean);
    };
    const id = `trial-${context.trial}-${seed}`;
    handles.push(runtime.submit(trainTask, input, { id, onProgress, keepReports: run.pruner !== 'none' }));
  }
  const outputs = await allOrNone(handles);
  return pruned ?? meanOf(outputs.map((output) => OBJECTIVES[run.objective].of(output) ?? Number.NaN));
}

/** The results of all; the first failure cancels the rest. */
async function allOrNone(handles: readonly TaskHandle<TrainOutput>[]): Promise<TrainOutput[]> {
  try {
    return await Promise.all(handles.map(({ result }) => result));
  } catch (error) {
    for (const handle of handles) handle.cancel('another seed of its trial failed');
    await Promise.allSettled(handles.map(({ result }) => result));
    throw error;
  }
}

const meanOf = (scores: readonly number[]): number => scores.reduce((sum, score) => sum + score, 0) / scores.length;

/** Evaluation curves of several seeds: a step counts once all seeds have reached it. */
class SharedCurve {
  readonly #seeds: number;
  readonly #byStep = new Map<number, Map<number, number>>();

  constructor(seeds: number) {
    this.#seeds = seeds;
  }

  /** The mean over the seeds at the step, or null while seeds are missing or if it was complete before. */
  add(seed: number, step: number, value: number): number | null {
    const values = this.#byStep.get(step) ?? new Map<number, number>();
    this.#byStep.set(step, values);
    if (values.has(seed)) return null;
    values.set(seed, value);
    return values.size < this.#seeds ? null : meanOf([...values.values()]);
  }
}
