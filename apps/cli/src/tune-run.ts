/** A study: trials are tasks on a runtime, chosen by an optimiser that is saved before and after each. */

import { existsSync } from 'node:fs';
import {
  createOptimizer,
  type Evaluate,
  METHODS,
  type Method,
  type Optimizer,
  restoreOptimizer,
  runStudy,
  type TrialRecord,
} from '@skein/bayesopt';
import { NETWORK_METHODS } from '@skein/bayesopt/networks';
import {
  createRng,
  loadCheckpoint,
  type MetricSink,
  type Space,
  saveCheckpoint,
  Type,
  truncateMetrics,
} from '@skein/core';
import { listenForInterrupt, sayHowToResume } from './interrupt.ts';
import { openMetricFiles } from './metric-files.ts';
import { Progress } from './progress.ts';
import { studyFigures } from './report/study-figures.ts';
import { tableOf, writeReport } from './report/write.ts';
import type { RunFolder } from './run-folder.ts';
import { type ConnectionFlags, forgetRun, openJournal, openRuntime } from './runtime.ts';
import type { Subject } from './tune-subject.ts';

/** Methods of studies, by name. */
export const STUDY_METHODS: readonly Method[] = [...METHODS, ...NETWORK_METHODS];

/** What a study needs to know. */
export interface StudyRun {
  readonly folder: RunFolder;
  readonly subject: Subject;
  readonly trials: number;
  readonly parallel: number;
  readonly method: Method;
  readonly acquisition: string;
  readonly connection: ConnectionFlags;
}

const STATE = { kind: 'bayesopt/study', version: 1, schema: Type.Unknown() } as const;

/** Runs the study to its end or to the first Ctrl-C, writes its report, and gives the exit code. */
export async function runStudyOf(run: StudyRun): Promise<number> {
  const { folder, subject } = run;
  await using journal = await openJournal(folder);
  const optimizer = openOptimizer(run);
  const before = finished(optimizer).length;
  truncateMetrics(folder.metrics, before);
  const progress = new Progress({
    title: `tuning ${subject.title}`,
    unit: 'trials',
    total: run.trials,
    start: before,
  });
  await using runtime = await openRuntime({
    flags: run.connection,
    threads: run.parallel,
    modules: subject.modules,
    run: { folder, journal },
    say: (text) => progress.log(text),
  });
  // Trials go with the runtime, not one by one: what is cancelled would stay so for the study that goes on.
  using interrupt = listenForInterrupt(() => {
    progress.log('stopping; press Ctrl-C again to stop at once');
    void runtime.close();
  });
  const sink = openMetricFiles(folder);
  const trial = subject.trial(runtime);
  const evaluate: Evaluate<Space> = (values, context) => {
    // Before its tasks have names: whoever continues the study must mean the same trial by them.
    save(run, optimizer);
    return trial(values, context);
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

function openOptimizer({ folder, subject, method, acquisition }: StudyRun): Optimizer<Space> {
  const { space, maximise, pruner } = subject;
  if (existsSync(folder.checkpoint)) {
    return restoreOptimizer(space, loadCheckpoint(folder.checkpoint, STATE).state, { method });
  }
  const seed = createRng(subject.seed).split('study').uint32();
  return createOptimizer(space, { method, acquisition, maximise, pruner, seed });
}

const finished = (optimizer: Optimizer<Space>): TrialRecord[] =>
  optimizer.trials().filter(({ outcome }) => outcome !== null);

function record(
  run: StudyRun,
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

function save({ folder }: StudyRun, optimizer: Optimizer<Space>): void {
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

async function writeResults(run: StudyRun, optimizer: Optimizer<Space>): Promise<void> {
  const { folder, subject } = run;
  const best = optimizer.best();
  const trials = finished(optimizer);
  const options = subject.options(best?.values ?? {});
  const summary = {
    trials: trials.length,
    objective: subject.label,
    bestTrial: best?.id ?? null,
    bestValue: best?.value ?? null,
    best: options,
  };
  folder.writeJson(folder.best, { ...subject.common, ...options });
  const sentence =
    best === null
      ? 'no trial completed'
      : `${subject.label} ${best.value.toPrecision(5)} in trial ${best.id} of ${trials.length}: ${describe(best.values)}`;
  const outcome = ({ outcome }: TrialRecord): string | number =>
    outcome?.kind === 'complete' ? outcome.value : (outcome?.kind ?? 'running');
  const title = `Tuning ${subject.title}`;
  await writeReport(folder, {
    title,
    summary: `${sentence}.`,
    tables: [
      tableOf('Best', options),
      tableOf(
        'Trials',
        Object.fromEntries(trials.map((t) => [`trial ${t.id}`, `${outcome(t)}: ${describe(t.values)}`])),
      ),
      tableOf('Options of every trial', subject.common),
    ],
    draw: (rows) => studyFigures(rows, optimizer, { title, subtitle: run.method.name, objective: subject.label }),
  });
  // Last: what has a summary has everything.
  folder.writeJson(folder.summary, summary);
  console.log(sentence);
  const use = subject.use === undefined ? '' : `  (${subject.use(folder.best)})`;
  console.log(`report   ${folder.report}\npicture  ${folder.curve}\nbest     ${folder.best}${use}`);
}
