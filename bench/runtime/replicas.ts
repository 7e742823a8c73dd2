/** What it costs to keep every message on three servers: a cluster on this machine, with one copy and with three. */

import { natsRuntime } from '@skein/core';
import { startNatsCluster } from '@skein/core/testkit';
import { type Benchmark, type Row, significant } from '../harness.ts';
import { perSecond } from './measure.ts';
import { times } from './runners.ts';
import { empty } from './tasks.ts';
import { startWorkerProcess } from './workers.ts';

async function measure(replicas: number, count: number): Promise<Row> {
  await using cluster = await startNatsCluster();
  const options = { servers: cluster.urls, replicas };
  await using runtime = await natsRuntime(options);
  const worker = await startWorkerProcess(cluster.urls.join(','), 1);
  try {
    const run = (n: number) => runtime.map(empty, times(n, null));
    await run(200);
    const single: number[] = [];
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      await runtime.run(empty, null);
      single.push(performance.now() - start);
    }
    single.sort((a, b) => a - b);
    return {
      'copies of a message': replicas,
      'empty tasks/s': significant(await perSecond(count, run)),
      'one at a time p50 (ms)': significant(single[50] as number),
      'p99 (ms)': significant(single[98] as number),
    };
  } finally {
    worker.kill('SIGKILL');
  }
}

export const benchmark: Benchmark = {
  claim: 'Three copies of every message cost a factor in tasks a second, here where three servers share two cores.',
  run: async ({ quick }) => [await measure(1, quick ? 300 : 5_000), await measure(3, quick ? 300 : 5_000)],
};
