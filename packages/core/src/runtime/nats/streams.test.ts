import { connect } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { startNatsServer } from '../../testkit/runtime-nats-server.ts';
import { numbers } from '../../testkit/runtime-stream-tasks.ts';
import { encodeValue } from '../../wire.ts';
import { natsRuntime } from '../nats.ts';
import { defineStream } from '../stream.ts';

test('what is no batch of the stream is refused and counted, and the rest goes on', async () => {
  await using server = await startNatsServer();
  await using runtime = await natsRuntime({ servers: server.url, run: 'open-door' });
  await using consumer = await runtime.streams.consume(numbers());
  const nc = await connect({ servers: server.url });
  const batch = { v: 1, rows: 64, version: 0, waits: 0, waitedMs: 0 };
  const strangers = ['hello', { ...batch, columns: {} }, { ...batch, columns: { values: new Float64Array(192) } }];
  for (const message of strangers) {
    nc.publish('skein.stream.open-door.numbers.batch', typeof message === 'string' ? message : encodeValue(message));
  }
  await nc.flush();
  await nc.close();
  await using producer = await runtime.streams.produce(numbers());
  (await producer.reserve()).commit({ version: 7 });
  using received = await consumer.next();
  expect(received.version).toBe(7);
  expect(consumer.stats()).toMatchObject({ refused: 3, received: 1 });
});

test('batches that fit into no message are refused when their producer opens', async () => {
  await using server = await startNatsServer();
  await using runtime = await natsRuntime({ servers: server.url });
  const large = defineStream({ name: 'large', rows: 1000, columns: { pixels: { type: 'u8', size: 10_000 } } });
  await using _consumer = await runtime.streams.consume(large, { capacity: 1 });
  await expect(runtime.streams.produce(large)).rejects.toMatchObject({
    code: 'INPUT',
    message: expect.stringMatching(/expected batches of at most \d+ bytes, got 1000\d{4} for 1000 rows/),
    advice: expect.stringContaining('fewer rows'),
  });
});
