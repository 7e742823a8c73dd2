/** The doors to NATS. The client is loaded when one of them is used, so that nothing else pays for it. */

import type { NatsConnectionOptions, NatsRuntimeOptions, Worker, WorkerOptions } from './nats/options.ts';
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

/** Deletes everything that the server keeps of a run: results, parameters, blobs and waiting tasks. */
export async function deleteRun(options: NatsConnectionOptions, run: string): Promise<void> {
  const [{ openLink }, { RunStore }, { checkId }] = await Promise.all([
    import('./nats/link.ts'),
    import('./nats/run-store.ts'),
    import('./ids.ts'),
  ]);
  const link = await openLink(options, `skein delete ${checkId('run', run)}`);
  try {
    const store = new RunStore(link, run);
    await store.deleteTasks();
    await store.delete();
  } finally {
    await link.nc.close();
  }
}
