/**
 * A training run seen from the command line: submits the training task to a runtime, writes what it reports into the
 * run's folder, shows progress, and turns Ctrl-C into a graceful stop. Fresh runs and resumed ones differ only in the
 * checkpoint that they start from.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRng, type NatsRuntime, type Runtime, SkeinError, type Static, type TaskHandle, Type } from '@skein/core';
import type { BackendChoice } from '@skein/nn';
import { loadTraining } from '@skein/rl';
import { evaluateTask, parseTrainReport, type TrainOutput, trainTask } from '@skein/rl/tasks';
import { builtInTasks } from './built-in-tasks.ts';
import { listenForInterrupt } from './interrupt.ts';
import { Progress, type ProgressView } from './progress.ts';
import { type RunFolder, readJson } from './run-folder.ts';
import { type ConnectionFlags, openJournal, openRuntime } from './runtime.ts';
import { actorsOf, submitActors } from './train-actors.ts';
import { TrainRecorder } from './train-recorder.ts';

/** What a training run needs to know. */
export interface TrainRun {
  readonly folder: RunFolder;
  readonly algorithm: string;
  /** The algorithm's complete configuration. */
  readonly config: Readonly<Record<string, unknown>> & {
    readonly env: string;
    readonly steps: number;
    readonly seed: number;
  };
  readonly backend: BackendChoice;
  readonly connection: ConnectionFlags;
}

/** How a training run ended, with the evaluation of its best agent. */
export interface TrainSummary {
  /** Null if the run was stopped before any worker took it. */
  readonly output: TrainOutput | null;
  /** Null if the run was stopped. */
  readonly evaluation: Static<typeof evaluateTask.output> | null;
}

/** Episodes of the final evaluation. */
const FINAL_EPISODES = 100;

/** The task that a run has on a server: a later process follows it on, unless its end was seen. */
const Submitted = Type.Object({ task: Type.String(), ended: Type.Boolean() });
type Submitted = Static<typeof Submitted>;

/** Trains until the end or the first Ctrl-C; shows progress of its own, or as a part of something larger. */
export async function train(run: TrainRun, part?: ProgressView): Promise<TrainSummary> {
  await using journal = await openJournal(run.folder);
  const start = savedStep(run.folder);
  const title = `${run.algorithm} on ${run.config.env}`;
  const progress = part ?? new Progress({ title, unit: 'steps', total: run.config.steps, start });
  await using runtime = await openRuntime({
    flags: run.connection,
    threads: 1 + actorsOf(run),
    modules: builtInTasks,
    run: { folder: run.folder, journal },
    say: (text) => progress.log(text),
  });
  const recorder = new TrainRecorder(run.folder, runtime, progress, start);
  const output = await untilEnded(run, runtime, recorder, (text) => progress.log(text));
  progress.end();
  if (output === null || output.status === 'stopped') return { output, evaluation: null };
  const seed = finalSeed(run.config.seed);
  const { agent } = output;
  const evaluation = await runtime.run(
    evaluateTask,
    { agent, episodes: FINAL_EPISODES, seed, backend: run.backend },
    { id: `evaluation-${agent.slice(-16)}` },
  );
  return { output, evaluation };
}

/** Steps that a run has behind it. */
export const savedStep = ({ checkpoint }: RunFolder): number =>
  existsSync(checkpoint) ? loadTraining(checkpoint).step : 0;

/** The result of the run's task, and of the next one if the first was stopped by an earlier process; null if none began. */
async function untilEnded(
  run: TrainRun,
  runtime: Runtime,
  recorder: TrainRecorder,
  say: (text: string) => void,
): Promise<TrainOutput | null> {
  const stop: { ask(): void } = { ask: () => undefined };
  using interrupt = listenForInterrupt(() => stop.ask());
  for (;;) {
    const handle = await submit(run, runtime, recorder);
    stop.ask = () => recorder.stop(handle);
    if (interrupt.signal.aborted) stop.ask();
    const unfollow = runtime.onEvent((event) => recorder.onEvent(event, handle.id));
    const ended = unlessCancelled(handle, interrupt.signal);
    await using actors = submitActors(run, runtime, handle.id, say);
    const output = await Promise.race([ended, recorder.failed, actors.failed]).finally(unfollow);
    await recorder.finish(output);
    if (runtime.kind === 'nats')
      run.folder.writeJson(run.folder.task, { task: handle.id, ended: true } satisfies Submitted);
    if (output?.status !== 'stopped' || interrupt.signal.aborted) return output;
  }
}

/** The task's result; null if it was cancelled because of the interrupt, before any worker had taken it. */
async function unlessCancelled(handle: TaskHandle<TrainOutput>, interrupt: AbortSignal): Promise<TrainOutput | null> {
  try {
    return await handle.result;
  } catch (error) {
    if (interrupt.aborted && error instanceof SkeinError && error.code === 'TASK_CANCELLED') return null;
    throw error;
  }
}

/** The start states of the final evaluation: the same for every run with the seed, and seen by none of its training. */
const finalSeed = (seed: number): number => createRng(seed).split('final evaluation').uint32();

/** Follows the task that an earlier process left on the server, or submits one from the folder's checkpoint. */
async function submit(run: TrainRun, runtime: Runtime, recorder: TrainRecorder): Promise<TaskHandle<TrainOutput>> {
  const { folder } = run;
  const input = {
    algorithm: run.algorithm,
    config: run.config,
    backend: run.backend,
    ...(actorsOf(run) > 0 ? { actors: true } : {}),
    ...(existsSync(folder.checkpoint) ? { resume: await runtime.blobs.put(readFileSync(folder.checkpoint)) } : {}),
  };
  const onProgress = (report: unknown): void => recorder.receive(parseTrainReport(report));
  // On a thread of this process, the task and its checkpoints end with it: the folder is all there is to go on from.
  if (runtime.kind === 'local') return runtime.submit(trainTask, input, { onProgress });
  const id = await taskOnServer(folder, runtime as NatsRuntime);
  folder.writeJson(folder.task, { task: id, ended: false } satisfies Submitted);
  return runtime.submit(trainTask, input, { id, keepReports: true, onProgress });
}

/** The id of the task that goes on or has ended unseen; a new one if there is none, or if it failed or was withdrawn. */
async function taskOnServer(folder: RunFolder, runtime: NatsRuntime): Promise<string> {
  const earlier = existsSync(folder.task) ? readJson(Submitted, folder.task, 'remove the file') : null;
  const state = earlier === null || earlier.ended ? null : await runtime.find(earlier.task);
  if (earlier !== null && (state === 'unfinished' || state === 'done')) return earlier.task;
  return `train-${Number(earlier?.task.split('-')[1] ?? 0) + 1}`;
}
