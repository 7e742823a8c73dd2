/** A task that leaves a line in a file when it begins. */

import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask, Type } from '@skein/core';

export const logged = defineTask({
  name: 'test/logged',
  input: Type.Object({ log: Type.String(), x: Type.Integer() }),
  output: Type.Integer(),
  run: async ({ taskId }, { log, x }) => {
    appendFileSync(log, `${taskId}\n`);
    await sleep(20);
    return x * x;
  },
});
