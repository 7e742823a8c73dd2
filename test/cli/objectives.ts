/** Objectives that tests tune. */

import { appendFileSync } from 'node:fs';
import { defineObjective, integer, logReal, real } from '@skein/bayesopt';
import { defineTask, Type } from '@skein/core';

/** Each trial writes its process's id and its values where the test looks, and takes a while. */
const LOG = process.env['TEST_TRIALS_LOG'];

export const slow = defineObjective({
  name: 'slow-bowl',
  label: 'distance',
  module: import.meta.url,
  space: { x: real(-1, 2), rate: logReal(1e-4, 1), n: integer(1, 5) },
  evaluate: async ({ x, rate, n }, { report, rng }) => {
    if (LOG !== undefined) appendFileSync(LOG, `${process.pid} ${x}\n`);
    const value = (x - 1) ** 2 + (Math.log10(rate) + 2) ** 2 + (n - 3) ** 2 + 0.01 * rng.uniform();
    for (let step = 1; step <= 4; step++) {
      await new Promise((resolve) => setTimeout(resolve, LOG === undefined ? 0 : 40));
      if (await report(step, value + 4 - step)) return { kind: 'pruned', step, value };
    }
    return value;
  },
});

export const asTask = defineTask({
  name: 'bowl-task',
  input: Type.Object({ x: Type.Number() }),
  output: Type.Number(),
  run: (_context, { x }) => (x - 1) ** 2,
});
