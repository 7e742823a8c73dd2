/** A BullMQ worker process: prints a line when it is ready, and goes with its parent. */

import { Worker } from 'bullmq';

const worker = new Worker('bench', async ({ data }) => data as unknown, {
  connection: { host: '127.0.0.1', port: Number(process.argv[2]) },
  concurrency: 16,
});
await worker.waitUntilReady();
process.stdout.write('ready\n');
