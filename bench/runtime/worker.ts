/** A worker process for the benchmarks: prints a line when it is ready, and goes with its parent. */

import { startWorker } from '@skein/core';

const [servers, concurrency] = process.argv.slice(2) as [string, string];
const tasks = [new URL('./tasks.ts', import.meta.url)];
await startWorker({ servers, tasks, concurrency: Number(concurrency) });
process.stdout.write('ready\n');
