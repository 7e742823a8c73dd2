/** Tasks on threads of one process: what the runtime adds to, and gains over, bare piscina. */

import { createRequire } from 'node:module';
import { localRuntime } from '@skein/core';
import type { Benchmark } from '../harness.ts';
import { efficiencyRow, measureRunners, perSecond, type Runner } from './measure.ts';
import { runnerOf, times } from './runners.ts';
import { burn } from './tasks.ts';

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

export const benchmark: Benchmark = {
  claim: `The local runtime runs at least 30,000 empty tasks a second on ${THREADS} threads, with ids, schemas, events and retries.`,
  run: async ({ quick }) => {
    await using runtime = localRuntime({ threads: THREADS });
    await using alone = localRuntime({ threads: 1 });
    const pool = barePiscina();
    const call = (bytes: Uint8Array | null) => pool.run(bytes, { name: bytes === null ? 'empty' : 'echo' });
    const bare: Runner = {
      name: 'bare piscina',
      many: (count, bytes) => Promise.all(times(count, bytes).map(call)),
      one: call,
    };
    try {
      const rows = await measureRunners([runnerOf('localRuntime', runtime), bare], quick);
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
