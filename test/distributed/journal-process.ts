/** Maps tasks that log their start, on threads and with a journal, and prints their results: to be killed meanwhile. */

import { localRuntime, taskJournal } from '@skein/core';
import { logged } from './logged-task.ts';

const {
  journal: path,
  log,
  count,
} = JSON.parse(process.argv[2] as string) as {
  journal: string;
  log: string;
  count: number;
};
await using journal = await taskJournal(path);
await using runtime = localRuntime({ threads: 2, journal, tasks: [logged] });
const inputs = Array.from({ length: count }, (_, x) => ({ log, x }));
const results = await runtime.map(logged, inputs, { idPrefix: 't' });
process.stdout.write(`${JSON.stringify(results)}\n`);
