/** A coordinator that maps many tasks and prints its rate and its memory, resident, in MiB. */

import { localRuntime, natsRuntime } from '@skein/core';
import { double } from './tasks.ts';

const { servers, count } = JSON.parse(process.argv[2] as string) as { servers: string | null; count: number };
await using runtime = servers === null ? localRuntime({ threads: 2, tasks: [double] }) : await natsRuntime({ servers });

function* numbers(): Generator<number> {
  for (let x = 0; x < count; x++) yield x;
}

let done = 0;
let early = 0;
let peak = 0;
const start = performance.now();
const results = await runtime.map(double, numbers(), {
  onResult: () => {
    if (++done % 1000 !== 0) return;
    const mib = process.memoryUsage().rss / 2 ** 20;
    if (done <= count / 10) early = Math.max(early, mib);
    peak = Math.max(peak, mib);
  },
});
const perSecond = (1000 * count) / (performance.now() - start);
if (!results.every((y, x) => y === 2 * x)) throw new Error('a result is wrong');
process.stdout.write(JSON.stringify({ perSecond, early, peak }));
