/** Ray as a runner: a Python process that does what single lines ask of it and answers with one. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guardChild } from '@skein/core/testkit';
import { LARGE_IN_FLIGHT, type Runner } from './measure.ts';

/** Starts Ray with one worker, and waits until it runs tasks. */
export async function startRay(python: string): Promise<Runner & AsyncDisposable> {
  const program = fileURLToPath(new URL('./ray_runner.py', import.meta.url));
  const child = spawn(python, [program], {
    env: { ...process.env, RAY_DEDUP_LOGS: '0', RAY_USAGE_STATS_ENABLED: '0' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  guardChild(child);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<number[]> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('Ray ended; run the program bench/runtime/ray_runner.py to see why');
    return JSON.parse(value as string) as number[];
  };
  const many = (count: number, bytes: number) => ask({ many: count, bytes, inFlight: LARGE_IN_FLIGHT });
  const latencies = (count: number, bytes: number) => ask({ single: count, bytes });
  await many(10, 0);
  return {
    name: 'Ray',
    many: (count, bytes) => many(count, bytes?.length ?? 0),
    one: (bytes) => latencies(1, bytes?.length ?? 0),
    latencies,
    [Symbol.asyncDispose]: async () => {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.stdin.end();
      await gone;
    },
  };
}
