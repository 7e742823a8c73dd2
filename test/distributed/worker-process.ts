/**
 * A worker in a process of its own, for tests that kill it. Its options are the one argument, as JSON; its events are
 * JSON lines on standard output. SIGTERM stops it gracefully.
 */

import { startWorker, type WorkerOptions } from '@skein/core';

const options = JSON.parse(process.argv[2] as string) as WorkerOptions;
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
const worker = await startWorker({
  ...options,
  signal: stopping.signal,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
await worker.stopped;
