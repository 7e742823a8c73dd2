/** Worker processes for the benchmarks. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { guardChild } from '@skein/core/testkit';

/** Starts a worker with the benchmarks' tasks and waits until it is ready. */
export async function startWorkerProcess(servers: string, concurrency: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const child = spawn(process.execPath, [program, servers, String(concurrency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  guardChild(child);
  await once(child.stdout, 'data');
  return child;
}
