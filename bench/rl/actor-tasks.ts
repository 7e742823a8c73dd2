/** Tasks of the benchmark of actors. */

import { defineStream, defineTask, Type } from '@skein/core';

/** Transitions of one batch: 16 steps of 8 environments. */
export const BATCH_ROWS = 128;

/** What CartPole's transitions take: observation, action, reward, end, next observation. */
export const transitions = (name: string) =>
  defineStream({
    name,
    rows: BATCH_ROWS,
    columns: {
      observations: { type: 'f32', size: 4 },
      actions: { type: 'i32', size: 1 },
      rewards: { type: 'f64', size: 1 },
      ends: { type: 'u8', size: 1 },
      nextObservations: { type: 'f32', size: 4 },
    },
  });

/** Sends batches as fast as the stream takes them, filling every array anew, until the stream is closed. */
export const flood = defineTask({
  name: 'bench/flood',
  module: import.meta.url,
  input: Type.Object({ stream: Type.String() }),
  output: Type.Null(),
  run: async ({ streams }, { stream }) => {
    await using producer = await streams.produce(transitions(stream));
    for (let version = 0; ; version++) {
      try {
        const { columns, commit } = await producer.reserve();
        for (const array of Object.values(columns)) array.fill(version & 127);
        commit({ version });
      } catch (error) {
        if ((error as { code?: string }).code === 'STREAM_CLOSED') return null;
        throw error;
      }
    }
  },
});
