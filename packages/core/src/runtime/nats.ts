/** The doors to NATS. The client is loaded when one of them is used, so that nothing else pays for it. */

import type { NatsConnectionOptions, NatsRuntimeOptions, RunInfo, Worker, WorkerOptions } from './nats/options.ts';
import type { NatsRequester } from './nats/requests.ts';
import type { NatsRuntime } from './runtime.ts';

/**
 * A runtime whose tasks run on workers anywhere (`startWorker`, `skein worker`), through a NATS server with JetStream.
 * Tasks wait on the server until a worker is there. Throws `CONNECTION` if the server cannot be used.
 */
export async function natsRuntime(options: NatsRuntimeOptions): Promise<NatsRuntime> {
  const { openNatsRuntime } = await import('./nats/runtime.ts');
  return openNatsRuntime(options);
}

/** Starts a worker in this process. Throws `INPUT` for a module that cannot be loaded, and `CONNECTION`. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { openWorker } = await import('./nats/worker.ts');
  return openWorker(options);
}

/** The runs that the server keeps, newest first. */
export async function listRuns(options: NatsConnectionOptions): Promise<RunInfo[]> {
  return (await import('./nats/runs.ts')).listRuns(options);
}

/** Withdraws a run's waiting tasks and stops its running ones. Its results stay. */
export async function cancelRun(options: NatsConnectionOptions, run: string): Promise<void> {
  return (await import('./nats/runs.ts')).cancelRun(options, run);
}

/** Stops a run and deletes everything that the server keeps of it: results, journal, parameters and blobs. */
export async function deleteRun(options: NatsConnectionOptions, run: string): Promise<void> {
  return (await import('./nats/runs.ts')).deleteRun(options, run);
}

/** Asks programs in any language over plain NATS: a question, an answer, both JSON. Throws `CONNECTION`. */
export async function natsRequester(options: NatsConnectionOptions, name: string): Promise<NatsRequester> {
  return (await import('./nats/requests.ts')).openRequester(options, name);
}
