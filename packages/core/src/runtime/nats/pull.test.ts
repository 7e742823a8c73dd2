import type { Msg } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { deliveryCount } from './pull.ts';

test.each([
  ['servers up to 2.9', '$JS.ACK.skein-tasks.default.3.219.218.1795254921310447338.0', 3],
  [
    'servers that name domain and account',
    '$JS.ACK.hub.ACC3PT.skein-tasks.default.4.219.218.1795254921310447338.0.x1',
    4,
  ],
])('the delivery count is read from the reply subject of %s', (_servers, reply, count) => {
  expect(deliveryCount({ reply } as Msg)).toBe(count);
});
