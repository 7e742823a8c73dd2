/** Tasks through a nats-server on this machine: stored, acknowledged, and run by worker processes. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type NatsRuntime, natsRuntime } from '@skein/core';
import { guardChild, startNatsServer } from '@skein/core/testkit';
import type { Benchmark } from '../harness.ts';
import { amounts, efficiencyRow, measureRunners, perSecond, type Runner } from './measure.ts';
import { burn, echo, empty } from './tasks.ts';

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

async function startWorkerProcess(servers: string, concurrency: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const child = spawn(process.execPath, [program, servers, String(concurrency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  guardChild(child);
  await once(child.stdout, 'data');
  return child;
}

const runnerOf = (name: string, runtime: NatsRuntime): Runner => ({
  name,
  empties: (count) => runtime.map(empty, times(count, null)),
  empty: () => runtime.run(empty, null),
  echoes: (count, bytes) => runtime.map(echo, times(count, bytes), { inFlight: 8 }),
});

export const benchmark: Benchmark = {
  claim:
    'The NATS runtime runs at least 3,000 empty tasks a second on one machine, every one stored before it is acknowledged.',
  run: async ({ quick }) => {
    await using server = await startNatsServer();
    const workers = [await startWorkerProcess(server.url, 1)];
    try {
      await using runtime = await natsRuntime({ servers: server.url });
      const rows = await measureRunners([runnerOf('natsRuntime, 1 worker with 1 thread', runtime)], amounts(quick));
      const work = { rounds: quick ? 1e6 : 1e7 };
      const count = quick ? 4 : 100;
      const run = (tasks: number): Promise<unknown> => runtime.map(burn, times(tasks, work), { inFlight: 16 });
      await run(2);
      const single = await perSecond(count, run);
      workers.push(await startWorkerProcess(server.url, 1));
      await run(4);
      const double = await perSecond(2 * count, run);
      const scaling = efficiencyRow(single, double);
      return [...rows, { runner: 'natsRuntime, 1 and 2 workers', ...scaling }];
    } finally {
      for (const worker of workers) worker.kill('SIGKILL');
    }
  },
};
