/** Sends to a stream's subject what no producer of the stream would send. */

import { connect } from '@nats-io/transport-node';
import { encodeValue } from '@skein/core';

const { servers, subject } = JSON.parse(process.argv[2] as string) as { servers: string; subject: string };
const nc = await connect({ servers });
const batch = { v: 1, rows: 64, version: 0, waits: 0, waitedMs: 0 };
for (const message of ['hello', { ...batch, columns: {} }, { ...batch, columns: { values: new Float64Array(192) } }]) {
  nc.publish(subject, typeof message === 'string' ? message : encodeValue(message));
}
await nc.flush();
process.stdout.write('sent\n');
await nc.close();
