/** Tasks through a nats-server on this machine: stored, acknowledged, and run by worker processes. */

import { natsRuntime } from '@skein/core';
import { startNatsServer } from '@skein/core/testkit';
import type { Benchmark } from '../harness.ts';
import { efficiencyRow, measureRunners, perSecond } from './measure.ts';
import { runnerOf, times } from './runners.ts';
import { burn } from './tasks.ts';
import { startWorkerProcess } from './workers.ts';

export const benchmark: Benchmark = {
  claim:
    'The NATS runtime runs at least 3,000 empty tasks a second on one machine, every one stored before it is acknowledged.',
  run: async ({ quick }) => {
    await using server = await startNatsServer();
    const workers = [await startWorkerProcess(server.url, 1)];
    try {
      await using runtime = await natsRuntime({ servers: server.url });
      const rows = await measureRunners([runnerOf('natsRuntime, 1 worker with 1 thread', runtime)], quick);
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
