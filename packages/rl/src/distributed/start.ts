/** Starts a run's actors as tasks. */

import { localRuntime, type Runtime, SkeinError } from '@skein/core';
import type { BackendChoice } from '@skein/nn';
import type { ActorLink } from './link.ts';
import { actorTask } from './task.ts';

/** Which actors to start. */
export interface ActorsOptions {
  /** The run's name, unique on the runtime. */
  readonly name: string;
  readonly algorithm: string;
  /** The run's complete configuration, which says how many. */
  readonly config: Readonly<Record<string, unknown>> & { readonly actors: number };
  readonly backend?: BackendChoice;
}

/** Actors on their way. Disposing stops them. */
export interface StartedActors extends AsyncDisposable {
  /** How the learner reaches them, if it runs in this process. */
  readonly link: ActorLink & { readonly failed: AbortSignal };
  /** Ids of their tasks. */
  readonly taskIds: readonly string[];
}

/** Machines come and go; actors are started again for as long as there is a learner. */
const ATTEMPTS = 10_000;

/** Submits a run's actors. They wait for the learner, and end with it. */
export function startActors(runtime: Runtime, { name, algorithm, config, backend }: ActorsOptions): StartedActors {
  const failed = new AbortController();
  const handles = Array.from({ length: config.actors }, (_, actor) => {
    const input = { name, actor, algorithm, config: { ...config }, ...(backend === undefined ? {} : { backend }) };
    return runtime.submit(actorTask, input, { id: `${name}-actor-${actor}`, attempts: ATTEMPTS });
  });
  const ends = handles.map(({ result }) =>
    result.catch((error: unknown) => {
      if (!(error instanceof SkeinError && error.code === 'TASK_CANCELLED')) failed.abort(error);
    }),
  );
  return {
    link: { name, parameters: runtime.parameters, streams: runtime.streams, failed: failed.signal },
    taskIds: handles.map(({ id }) => id),
    [Symbol.asyncDispose]: async () => {
      for (const handle of handles) handle.cancel('its learner has ended');
      await Promise.all(ends);
    },
  };
}

/** Starts a run's actors on threads of this process. */
export function actorThreads(options: ActorsOptions): StartedActors {
  const runtime = localRuntime({ threads: options.config.actors, tasks: [actorTask] });
  const actors = startActors(runtime, options);
  return {
    ...actors,
    [Symbol.asyncDispose]: async () => {
      await actors[Symbol.asyncDispose]();
      await runtime.close();
    },
  };
}
