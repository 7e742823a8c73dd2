/**
 * A training run seen from the command line: submits the training task to a runtime, writes what it reports into the
 * run's folder, shows progress, and turns Ctrl-C into a graceful stop. Fresh runs and resumed ones differ only in the
 * checkpoint that they start from.
 */

import { existsSync, readFileSync } from 'node:fs';
import { createRng, type Runtime, SkeinError, type Static, type TaskHandle, Type } from '@skein/core';
import type { BackendChoice } from '@skein/nn';
import { loadTraining } from '@skein/rl';
import { evaluateTask, parseTrainReport, type TrainOutput, trainTask } from '@skein/rl/tasks';
import { builtInTasks } from './built-in-tasks.ts';
import { listenForInterrupt } from './interrupt.ts';
import { Progress } from './progress.ts';
import { type RunFolder, readJson } from './run-folder.ts';
import { type ConnectionFlags, openRuntime } from './runtime.ts';
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

/** The task that a run has on a server: a later process can take it over. */
const Submitted = Type.Object({ task: Type.String() });

/** Trains until the end or the first Ctrl-C. */
export async function train(run: TrainRun): Promise<TrainSummary> {
  const start = existsSync(run.folder.checkpoint) ? loadTraining(run.folder.checkpoint).step : 0;
  const title = `${run.algorithm} on ${run.config.env}`;
  const progress = new Progress({ title, unit: 'steps', total: run.config.steps, start });
  await using runtime = await openRuntime({
    flags: run.connection,
    threads: 1,
    modules: builtInTasks,
    run: run.folder.serverName,
    say: (text) => progress.log(text),
  });
  const recorder = new TrainRecorder(run.folder, runtime, progress, start);
  const handle = await submit(run, runtime, recorder);
  const unfollow = runtime.onEvent((event) => recorder.onEvent(event, handle.id));
  const output = await untilStopped(handle, recorder).finally(unfollow);
  await recorder.finish(output);
  progress.end();
  if (output === null || output.status === 'stopped') return { output, evaluation: null };
  const evaluation = await runtime.run(evaluateTask, {
    agent: output.agent,
    episodes: FINAL_EPISODES,
    seed: finalSeed(run.config.seed),
    backend: run.backend,
  });
  return { output, evaluation };
}

/** The task's result. The first Ctrl-C asks for a graceful stop, or cancels a task that no worker has taken yet. */
async function untilStopped(handle: TaskHandle<TrainOutput>, recorder: TrainRecorder): Promise<TrainOutput | null> {
  using interrupt = listenForInterrupt(() => recorder.stop(handle));
  try {
    return await handle.result;
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof SkeinError && error.code === 'TASK_CANCELLED') return null;
    throw error;
  }
}

/** The start states of the final evaluation: the same for every run with the seed, and seen by none of its training. */
const finalSeed = (seed: number): number => createRng(seed).split('final evaluation').uint32();

/** Submits the task from the folder's checkpoint. A task that an earlier, killed process left running is cancelled first. */
async function submit(run: TrainRun, runtime: Runtime, recorder: TrainRecorder): Promise<TaskHandle<TrainOutput>> {
  const { folder } = run;
  const input = {
    algorithm: run.algorithm,
    config: run.config,
    backend: run.backend,
    ...(existsSync(folder.checkpoint) ? { resume: await runtime.blobs.put(readFileSync(folder.checkpoint)) } : {}),
  };
  const earlier = existsSync(folder.task) ? readJson(Submitted, folder.task, 'remove the file') : null;
  if (earlier !== null && runtime.kind === 'nats') {
    const left = runtime.submit(trainTask, input, { id: earlier.task });
    left.cancel('its run is being resumed');
    await left.result.catch(() => undefined);
  }
  const id = `train-${Number(earlier?.task.split('-')[1] ?? 0) + 1}`;
  folder.writeJson(folder.task, { task: id } satisfies Static<typeof Submitted>);
  return runtime.submit(trainTask, input, { id, onProgress: (report) => recorder.receive(parseTrainReport(report)) });
}
