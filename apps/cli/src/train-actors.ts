/** The actors of a training run on the command line: submitted beside the training task, ended with it. */

import type { Runtime, RuntimeEvent } from '@skein/core';
import { type StartedActors, startActors } from '@skein/rl/tasks';
import type { TrainRun } from './train-run.ts';

/** After this time the user is told that actors still wait for a worker, in milliseconds. */
const WAITING_MS = 5_000;

/** Number of actors that a run asks for. */
export const actorsOf = ({ config }: Pick<TrainRun, 'config'>): number => Number(config['actors'] ?? 0);

/** Actors under way. */
export interface RunActors extends AsyncDisposable {
  /** Rejects when an actor has failed for good. */
  readonly failed: Promise<never>;
}

/** Submits the actors of a training task. */
export function submitActors(run: TrainRun, runtime: Runtime, taskId: string, say: (text: string) => void): RunActors {
  const { algorithm, backend, config } = run;
  const actors = startActors(runtime, {
    name: taskId,
    algorithm,
    backend,
    config: { ...config, actors: actorsOf(run) },
  });
  const { failed } = actors.link;
  const following = followStarts(runtime, actors, say);
  return {
    failed: new Promise<never>((_resolve, reject) => {
      failed.addEventListener('abort', () => reject(failed.reason));
    }),
    [Symbol.asyncDispose]: async () => {
      following.end();
      await actors[Symbol.asyncDispose]();
    },
  };
}

/** Says after a while how many actors still wait for a worker. */
function followStarts(runtime: Runtime, { taskIds }: StartedActors, say: (text: string) => void): { end(): void } {
  const waiting = new Set(taskIds);
  const unfollow = runtime.onEvent((event: RuntimeEvent) => {
    if (event.type === 'task/started') waiting.delete(event.taskId);
  });
  const timer = setTimeout(() => {
    if (waiting.size === 0) return;
    const where = runtime.kind === 'nats' ? '; start more with: skein worker --concurrency N' : '';
    say(`${waiting.size} of ${taskIds.length} actors wait for a free worker${where}`);
  }, WAITING_MS);
  return {
    end: () => {
      clearTimeout(timer);
      unfollow();
    },
  };
}
