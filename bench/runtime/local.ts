/** Tasks on threads of one process: what the runtime adds to, and gains over, bare piscina. */

import { createRequire } from 'node:module';
import { localRuntime } from '@skein/core';
import type { Benchmark } from '../harness.ts';
import { amounts, efficiencyRow, measureRunners, perSecond, type Runner } from './measure.ts';
import { burn, echo, empty } from './tasks.ts';

const THREADS = 2;

interface BarePool {
  run(task: unknown, options: { readonly name: string }): Promise<unknown>;
  destroy(): Promise<void>;
}

/** piscina, as the core package has it installed. */
function barePiscina(): BarePool {
  const require = createRequire(new URL('../../packages/core/package.json', import.meta.url));
  const { Piscina } = require('piscina') as { Piscina: new (options: object) => BarePool };
  const filename = new URL('./piscina-functions.mjs', import.meta.url).href;
  return new Piscina({ filename, minThreads: THREADS, maxThreads: THREADS });
}

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

export const benchmark: Benchmark = {
  claim: `The local runtime runs at least 30,000 empty tasks a second on ${THREADS} threads, with ids, schemas, events and retries.`,
  run: async ({ quick }) => {
    const amount = amounts(quick);
    await using runtime = localRuntime({ threads: THREADS });
    await using alone = localRuntime({ threads: 1 });
    const pool = barePiscina();
    const runners: Runner[] = [
      {
        name: 'localRuntime',
        empties: (count) => runtime.map(empty, times(count, null)),
        empty: () => runtime.run(empty, null),
        echoes: (count, bytes) => runtime.map(echo, times(count, bytes), { inFlight: 8 }),
      },
      {
        name: 'bare piscina',
        empties: (count) => Promise.all(times(count, null).map(() => pool.run(null, { name: 'empty' }))),
        empty: () => pool.run(null, { name: 'empty' }),
        echoes: (count, bytes) => Promise.all(times(count, bytes).map((b) => pool.run(b, { name: 'echo' }))),
      },
    ];
    try {
      const rows = await measureRunners(runners, amount);
      const work = { rounds: quick ? 1e6 : 1e7 };
      const count = quick ? 4 : 100;
      await Promise.all([alone.run(burn, work), runtime.map(burn, times(4, work))]);
      const single = await perSecond(count, (n) => alone.map(burn, times(n, work)));
      const double = await perSecond(2 * count, (n) => runtime.map(burn, times(n, work)));
      return [...rows, { runner: 'localRuntime, 1 and 2 threads', ...efficiencyRow(single, double) }];
    } finally {
      await pool.destroy();
    }
  },
};
