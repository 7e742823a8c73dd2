/** A study of training runs: trials are training tasks on a runtime, chosen by an optimiser that is saved after each. */

import { existsSync } from 'node:fs';
import {
  createOptimizer,
  type Evaluate,
  halvingPruner,
  hyperbandPruner,
  medianPruner,
  type Optimizer,
  type Pruner,
  restoreOptimizer,
  runStudy,
  type TrialRecord,
} from '@skein/bayesopt';
import {
  createRng,
  loadCheckpoint,
  type MetricSink,
  type Space,
  saveCheckpoint,
  type TObject,
  Type,
  truncateMetrics,
} from '@skein/core';
import type { BackendChoice } from '@skein/nn';
import type { TrainOutput } from '@skein/rl/tasks';
import { builtInTasks } from './built-in-tasks.ts';
import { optionValue } from './dimension-text.ts';
import { listenForInterrupt, sayHowToResume } from './interrupt.ts';
import { openMetricFiles } from './metric-files.ts';
import { Progress } from './progress.ts';
import { tableOf, writeReport } from './report/write.ts';
import type { RunFolder } from './run-folder.ts';
import { type ConnectionFlags, forgetRun, openJournal, openRuntime } from './runtime.ts';
import { judge } from './tune-trial.ts';

/** What a study needs to know. */
export interface TuneRun {
  readonly folder: RunFolder;
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
  readonly trials: number;
  readonly seedsPerTrial: number;
  readonly parallel: number;
  readonly objective: keyof typeof OBJECTIVES;
  readonly method: string;
  readonly pruner: keyof typeof PRUNERS;
  readonly backend: BackendChoice;
  readonly connection: ConnectionFlags;
}

/** What a trial is judged by. A run without any evaluation has no return: the trial then fails. */
export const OBJECTIVES = {
  best: { label: 'best evaluation return', maximise: true, of: (output: TrainOutput) => output.bestReturn },
  final: { label: 'last evaluation return', maximise: true, of: (output: TrainOutput) => output.finalReturn },
  steps: { label: 'steps until it stopped', maximise: false, of: (output: TrainOutput): number | null => output.steps },
} as const;

/** Pruners by name; `every` is the number of steps between two evaluations, `steps` the length of a run. */
export const PRUNERS = {
  none: () => null,
  median: () => medianPruner(),
  halving: (every: number) => halvingPruner({ minResource: every }),
  hyperband: (every: number, steps: number) => hyperbandPruner({ minResource: every, maxResource: steps }),
} as const satisfies Readonly<Record<string, (every: number, steps: number) => Pruner | null>>;

const STATE = { kind: 'bayesopt/study', version: 1, schema: Type.Unknown() } as const;

/** Runs the study to its end or to the first Ctrl-C, writes its report, and gives the exit code. */
export async function runStudyOfTraining(run: TuneRun): Promise<number> {
  const { folder } = run;
  await using journal = await openJournal(folder);
  const optimizer = openOptimizer(run);
  const before = finished(optimizer).length;
  truncateMetrics(folder.metrics, before);
  const progress = new Progress({
    title: `tuning ${run.algorithm} on ${run.config.env}`,
    unit: 'trials',
    total: run.trials,
    start: before,
  });
  await using runtime = await openRuntime({
    flags: run.connection,
    threads: run.parallel,
    modules: builtInTasks,
    run: { folder, journal },
    say: (text) => progress.log(text),
  });
  // Trials go with the runtime, not one by one: what is cancelled would stay so for the study that goes on.
  using interrupt = listenForInterrupt(() => {
    progress.log('stopping; press Ctrl-C again to stop at once');
    void runtime.close();
  });
  const sink = openMetricFiles(folder);
  const evaluate: Evaluate<Space> = (values, context) => {
    // Before its tasks have names: whoever continues the study must mean the same trial by them.
    save(run, optimizer);
    return judge(run, runtime, values, context);
  };
  await runStudy(optimizer, evaluate, {
    trials: run.trials,
    parallel: run.parallel,
    signal: interrupt.signal,
    onTrial: (trial) => record(run, optimizer, trial, sink, progress),
  });
  await sink.close();
  progress.end();
  if (interrupt.signal.aborted) return sayHowToResume(folder);
  await writeResults(run, optimizer);
  await runtime.close();
  await forgetRun(run.connection, folder);
  return 0;
}

function openOptimizer({ folder, space, config, objective, method, pruner }: TuneRun): Optimizer<Space> {
  if (existsSync(folder.checkpoint)) return restoreOptimizer(space, loadCheckpoint(folder.checkpoint, STATE).state);
  const { maximise } = OBJECTIVES[objective];
  return createOptimizer(space, {
    method,
    maximise,
    pruner: PRUNERS[pruner](config.evaluateEvery, config.steps),
    seed: createRng(config.seed).split('study').uint32(),
  });
}

const finished = (optimizer: Optimizer<Space>): TrialRecord[] =>
  optimizer.trials().filter(({ outcome }) => outcome !== null);

function record(
  run: TuneRun,
  optimizer: Optimizer<Space>,
  trial: TrialRecord,
  sink: MetricSink,
  progress: Progress,
): void {
  const count = finished(optimizer).length;
  const best = optimizer.best();
  const { outcome } = trial;
  sink.write(count, {
    ...(outcome?.kind === 'complete' ? { 'trial/value': outcome.value } : {}),
    ...(best === null ? {} : { 'trial/best': best.value }),
  });
  save(run, optimizer);
  const shown =
    outcome?.kind === 'complete'
      ? outcome.value.toPrecision(5)
      : `${outcome?.kind}${outcome?.kind === 'failed' ? `: ${outcome.reason}` : ''}`;
  progress.log(`trial ${trial.id}: ${shown}  ${describe(trial.values)}`);
  progress.update(count, best === null ? '' : `best ${best.value.toPrecision(5)}`);
}

function save({ folder }: TuneRun, optimizer: Optimizer<Space>): void {
  const { kind, version } = STATE;
  saveCheckpoint(folder.checkpoint, { kind, version, step: finished(optimizer).length, state: optimizer.state() });
}

const describe = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : value}`,
    )
    .join('  ');

async function writeResults(run: TuneRun, optimizer: Optimizer<Space>): Promise<void> {
  const { folder, objective } = run;
  const best = optimizer.best();
  const trials = finished(optimizer);
  const options = Object.fromEntries(
    Object.entries(best?.values ?? {}).map(([name, value]) => [name, optionValue(run.schema.properties[name], value)]),
  );
  const summary = {
    trials: trials.length,
    objective,
    bestTrial: best?.id ?? null,
    bestValue: best?.value ?? null,
    best: options,
  };
  folder.writeJson(folder.summary, summary);
  folder.writeJson(folder.best, options);
  const title = `Tuning ${run.algorithm} on ${run.config.env}`;
  const { label } = OBJECTIVES[objective];
  const sentence =
    best === null
      ? 'no trial completed'
      : `${label} ${best.value.toPrecision(5)} in trial ${best.id} of ${trials.length}: ${describe(best.values)}`;
  const { studyCurve } = await import('@skein/plot');
  await writeReport(folder, {
    title,
    summary: `${sentence}.`,
    tables: [
      tableOf('Best', options),
      tableOf(
        'Trials',
        Object.fromEntries(
          trials.map((t) => [
            `trial ${t.id}`,
            `${t.outcome?.kind === 'complete' ? t.outcome.value : t.outcome?.kind}: ${describe(t.values)}`,
          ]),
        ),
      ),
      tableOf('Options of every trial', run.config),
    ],
    draw: (rows) => studyCurve(rows, { title, subtitle: run.method, x: 'trials', y: label }),
  });
  console.log(sentence);
  console.log(
    `report   ${folder.report}\npicture  ${folder.curve}\nbest     ${folder.best}  (skein train ${run.algorithm} --config ${folder.best})`,
  );
}
