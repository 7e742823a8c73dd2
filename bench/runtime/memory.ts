/** A million tasks of one map: what its coordinator needs. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { guardChild, startNatsServer } from '@skein/core/testkit';
import { type Benchmark, type Row, significant } from '../harness.ts';
import { startWorkerProcess } from './workers.ts';

const HEAP_MIB = 64;

interface Measured {
  readonly perSecond: number;
  readonly early: number;
  readonly peak: number;
}

/** Maps so many tasks in a process of its own, with a small heap. */
async function mapInChild(servers: string | null, count: number): Promise<Measured> {
  const program = fileURLToPath(new URL('./memory-process.ts', import.meta.url));
  const args = [`--max-old-space-size=${HEAP_MIB}`, program, JSON.stringify({ servers, count })];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  guardChild(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the coordinator ended with code ${code}`);
  return JSON.parse(text) as Measured;
}

const rowOf = (runner: string, count: number, { perSecond, early, peak }: Measured): Row => ({
  runner,
  tasks: count,
  'tasks/s': significant(perSecond),
  'MiB after a tenth': Math.round(early),
  'MiB at most': Math.round(peak),
});

export const benchmark: Benchmark = {
  claim: `A coordinator maps a million tasks with a heap of ${HEAP_MIB} MiB: inputs are taken as tasks end, and only results are kept.`,
  run: async ({ quick }) => {
    const count = quick ? 20_000 : 1_000_000;
    const local = rowOf('localRuntime, 2 threads', count, await mapInChild(null, count));
    await using server = await startNatsServer();
    const worker = await startWorkerProcess(server.url, 1);
    try {
      return [local, rowOf('natsRuntime, 1 worker', count, await mapInChild(server.url, count))];
    } finally {
      worker.kill('SIGKILL');
    }
  },
};
