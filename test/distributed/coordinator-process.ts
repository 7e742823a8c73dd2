/** A coordinator to be killed: maps `count` tasks under the given run and prints how many are done. */

import { natsRuntime } from '@skein/core';
import { conformanceKit } from '@skein/core/testkit';

const { servers, run, count } = JSON.parse(process.argv[2] as string) as {
  servers: string;
  run: string;
  count: number;
};
const runtime = await natsRuntime({ servers, run });
let done = 0;
const inputs = Array.from({ length: count }, (_, value) => ({ ms: 10, value }));
await runtime.map(conformanceKit.wait, inputs, {
  idPrefix: 't',
  onResult: () => process.stdout.write(`${++done} done\n`),
});
await runtime.close();
