/** Several workers in one process, each with a name, a connection and a thread of its own. */

import { startWorker } from '@skein/core';

const [servers, count, first] = process.argv.slice(2) as [string, string, string];
const tasks = [new URL('./tasks.ts', import.meta.url)];
for (let i = 0; i < Number(count); i++) {
  await startWorker({ servers, tasks, concurrency: 1, name: `worker-${Number(first) + i}` });
}
process.stdout.write('ready\n');
