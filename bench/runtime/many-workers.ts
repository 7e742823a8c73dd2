/** Many light workers on one server: what a task costs whom, while tasks wait instead of computing. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { natsRuntime } from '@skein/core';
import { guardChild, startNatsServer } from '@skein/core/testkit';
import { type Benchmark, type Row, significant } from '../harness.ts';
import { pause } from './tasks.ts';

/** Workers in one process; each has a thread and a connection of its own. */
const WORKERS_EACH = 25;
const TASK_MS = 200;
/** Processors of Linux count time in hundredths of seconds. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has used; NaN where the system does not say. */
function processorMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return TICK_MS * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

async function startWorkers(servers: string, count: number, first: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./many-workers-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, servers, `${count}`, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  guardChild(child);
  await once(child.stdout, 'data');
  return child;
}

async function measure(workers: number, seconds: number): Promise<Row> {
  await using server = await startNatsServer();
  const children: ChildProcess[] = [];
  for (let first = 0; first < workers; first += WORKERS_EACH) {
    children.push(await startWorkers(server.url, Math.min(WORKERS_EACH, workers - first), first));
  }
  try {
    await using runtime = await natsRuntime({ servers: server.url });
    const ideal = (1000 * workers) / TASK_MS;
    const run = (count: number) => runtime.map(pause, Array<number>(count).fill(TASK_MS), { inFlight: 2 * workers });
    await run(2 * workers);
    const count = Math.ceil(seconds * ideal);
    const pids = [process.pid, server.pid, ...children.map(({ pid }) => pid as number)];
    const before = pids.map(processorMs);
    const start = performance.now();
    await run(count);
    const rate = (1000 * count) / (performance.now() - start);
    const [coordinator = 0, broker = 0, ...rest] = pids.map(
      (pid, i) => (processorMs(pid) - (before[i] as number)) / count,
    );
    return {
      workers,
      'tasks/s': significant(rate),
      'of the ideal': significant(rate / ideal),
      'processor ms a task: server': significant(broker),
      coordinator: significant(coordinator),
      workers_: significant(rest.reduce((sum, ms) => sum + ms, 0)),
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

export const benchmark: Benchmark = {
  claim: `A hundred workers with tasks of ${TASK_MS} ms are kept busy by one server and one coordinator on the same two cores.`,
  run: async ({ quick }) => {
    const rows: Row[] = [];
    for (const workers of quick ? [4] : [10, 25, 50, 100]) {
      const { workers_: theirs, ...row } = await measure(workers, quick ? 2 : 10);
      rows.push({ ...row, 'all workers': theirs as number });
    }
    return rows;
  },
};
