/** The tasks that the runtime benchmarks run. */

import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask, Type, Uint8 } from '@skein/core';

const module = import.meta.url;

/** Does nothing: what remains is the runtime's own cost. */
export const empty = defineTask({
  name: 'bench/empty',
  module,
  input: Type.Null(),
  output: Type.Null(),
  run: () => null,
});

/** Almost nothing, with a result that tells tasks apart. */
export const double = defineTask({
  name: 'bench/double',
  module,
  input: Type.Integer(),
  output: Type.Integer(),
  run: (_context, x) => 2 * x,
});

/** Waits, as a task does that waits for a simulator. */
export const pause = defineTask({
  name: 'bench/pause',
  module,
  input: Type.Number(),
  output: Type.Null(),
  run: async (_context, ms) => {
    await sleep(ms);
    return null;
  },
});

/** Sends its bytes back. */
export const echo = defineTask({
  name: 'bench/echo',
  module,
  input: Uint8,
  output: Uint8,
  run: (_context, bytes) => bytes,
});

/** Keeps a core busy with a fixed amount of work. */
export const burn = defineTask({
  name: 'bench/burn',
  module,
  input: Type.Object({ rounds: Type.Integer() }),
  output: Type.Number(),
  run: (_context, { rounds }) => burnRounds(rounds),
});

/** The work of `burn`: a recurrence that cannot be skipped. */
export function burnRounds(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + i;
  return x;
}
