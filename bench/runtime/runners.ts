/** Skein's own runtimes as runners. */

import type { Runtime } from '@skein/core';
import { LARGE_IN_FLIGHT, type Runner } from './measure.ts';
import { echo, empty } from './tasks.ts';

export const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

export const runnerOf = (name: string, runtime: Runtime): Runner => ({
  name,
  many: (count, bytes) =>
    bytes === null
      ? runtime.map(empty, times(count, null))
      : runtime.map(echo, times(count, bytes), { inFlight: LARGE_IN_FLIGHT }),
  one: (bytes) => (bytes === null ? runtime.run(empty, null) : runtime.run(echo, bytes)),
});
