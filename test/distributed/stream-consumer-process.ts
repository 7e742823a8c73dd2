/** A consumer to be killed: receives batches one by one, holds each for a moment, and says what it released. */

import { setTimeout as sleep } from 'node:timers/promises';
import { natsRuntime } from '@skein/core';
import { streamKit } from '@skein/core/testkit';

const { servers, run, capacity } = JSON.parse(process.argv[2] as string) as {
  servers: string;
  run: string;
  capacity: number;
};
const runtime = await natsRuntime({ servers, run });
const consumer = await runtime.streams.consume(streamKit.numbers(), { capacity });
process.stdout.write('open\n');
for (let released = 1; ; released++) {
  const batch = await consumer.next();
  await sleep(2);
  batch.release();
  process.stdout.write(`released ${released}\n`);
}
