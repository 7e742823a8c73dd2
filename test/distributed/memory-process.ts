/** Maps far more input than it may hold, and prints what its memory was after a tenth and at most after that, in MiB. */

import { localRuntime, natsRuntime } from '@skein/core';
import { measured } from './measured-task.ts';

const { servers, count, letters } = JSON.parse(process.argv[2] as string) as {
  servers: string | null;
  count: number;
  letters: number;
};
await using runtime =
  servers === null ? localRuntime({ threads: 2, tasks: [measured] }) : await natsRuntime({ servers });

async function* inputs(): AsyncGenerator<{ x: number; text: string }> {
  for (let x = 0; x < count; x++) yield { x, text: String(x).padEnd(letters, '.') };
}

let done = 0;
let early = 0;
let peak = 0;
const onResult = (): void => {
  if (++done % 500 !== 0) return;
  const mib = process.memoryUsage().rss / 2 ** 20;
  if (done <= count / 10) early = Math.max(early, mib);
  else peak = Math.max(peak, mib);
};
const results = await runtime.map(measured, inputs(), { onResult });
const isRight = results.length === count && results.every((length, x) => length === x + letters);
process.stdout.write(`${JSON.stringify({ isRight, early, peak })}\n`);
