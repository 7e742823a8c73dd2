/** Studies of training runs: a trial is one training run or several with different seeds, judged together. */

import {
  type Evaluate,
  halvingPruner,
  hyperbandPruner,
  medianPruner,
  type Outcome,
  type Pruner,
  type TrialContext,
} from '@skein/bayesopt';
import type { Runtime, Space, TaskHandle, TObject } from '@skein/core';
import type { BackendChoice } from '@skein/nn';
import { parseTrainReport, stopParameter, type TrainOutput, trainTask } from '@skein/rl/tasks';
import { builtInTasks } from './built-in-tasks.ts';
import { optionValue } from './dimension-text.ts';
import type { Subject } from './tune-subject.ts';

/** What trials of training runs have in common. */
export interface TrainingStudy {
  readonly algorithm: string;
  /** The algorithm's option schema. */
  readonly schema: TObject;
  /** Options of every trial; the searched ones are overridden. */
  readonly config: Readonly<Record<string, unknown>> & {
    readonly env: string;
    readonly steps: number;
    readonly seed: number;
    readonly evaluateEvery: number;
  };
  readonly space: Space;
  readonly seedsPerTrial: number;
  readonly objective: keyof typeof OBJECTIVES;
  readonly pruner: keyof typeof PRUNERS;
  readonly backend: BackendChoice;
}

/** What a trial is judged by. A run without any evaluation has no return: the trial then fails. */
export const OBJECTIVES = {
  best: { label: 'best evaluation return', maximise: true, of: (output: TrainOutput) => output.bestReturn },
  final: { label: 'last evaluation return', maximise: true, of: (output: TrainOutput) => output.finalReturn },
  steps: { label: 'steps until it stopped', maximise: false, of: (output: TrainOutput): number | null => output.steps },
} as const;

/** Pruners by name; `every` is the distance of two reports, `last` the step of the last one. */
export const PRUNERS = {
  none: () => null,
  median: () => medianPruner(),
  halving: (every: number) => halvingPruner({ minResource: every }),
  hyperband: (every: number, last: number) => hyperbandPruner({ minResource: every, maxResource: last }),
} as const satisfies Readonly<Record<string, (every: number, last: number) => Pruner | null>>;

/** Training runs as something to tune. */
export function trainingSubject(study: TrainingStudy): Subject {
  const { algorithm, config, schema, objective } = study;
  const options = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, optionValue(schema.properties[name], value)]),
    );
  return {
    title: `${algorithm} on ${config.env}`,
    space: study.space,
    maximise: OBJECTIVES[objective].maximise,
    label: OBJECTIVES[objective].label,
    pruner: PRUNERS[study.pruner](config.evaluateEvery, config.steps),
    seed: config.seed,
    modules: builtInTasks,
    options,
    // Trials start from the defaults, and training with the best options must not put tuned ones in their place.
    common: { ...config, preset: 'none' },
    use: (best) => `skein train ${algorithm} --config ${best}`,
    trial:
      (runtime): Evaluate<Space> =>
      (values, context) =>
        judge(study, runtime, options(values), context),
  };
}

/** The outcome of a trial: the mean over its seeds. Every trial trains with the same seeds, so luck is shared. */
async function judge(
  study: TrainingStudy,
  runtime: Runtime,
  searched: Readonly<Record<string, unknown>>,
  context: TrialContext,
): Promise<Outcome | number> {
  const curve = new SharedCurve(study.seedsPerTrial);
  let pruned: Extract<Outcome, { kind: 'pruned' }> | null = null;
  const handles: TaskHandle<TrainOutput>[] = [];
  const onEvaluation = (seed: number, step: number, mean: number): void => {
    const shared = curve.add(seed, step, mean);
    if (shared === null || pruned !== null || !context.report(step, shared)) return;
    pruned = { kind: 'pruned', step, value: shared };
    for (const { id } of handles) void runtime.parameters.publish(stopParameter(id), true).catch(() => undefined);
  };
  for (let seed = 0; seed < study.seedsPerTrial; seed++) {
    const config = { ...study.config, ...searched, seed: study.config.seed + seed };
    const input = { algorithm: study.algorithm, config, backend: study.backend };
    const onProgress = (raw: unknown): void => {
      const report = parseTrainReport(raw);
      if (report.type === 'evaluation') onEvaluation(seed, report.step, report.mean);
    };
    const id = `trial-${context.trial}-${seed}`;
    handles.push(runtime.submit(trainTask, input, { id, onProgress, keepReports: study.pruner !== 'none' }));
  }
  const outputs = await allOrNone(handles);
  return pruned ?? meanOf(outputs.map((output) => OBJECTIVES[study.objective].of(output) ?? Number.NaN));
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
