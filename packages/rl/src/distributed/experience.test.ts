import { createRng } from '@skein/core';
import { expect, test } from 'vitest';
import { maskSize } from '../env/action-mask.ts';
import { environmentDefinition } from '../env/registry.ts';
import { actionArray, sampleActions, vectorEnv } from '../env/vector-env.ts';
import { type Experience, experienceStream, RemoteStep, shareOf, writeTurn } from './experience.ts';

/** Ordinary memory for a batch. */
function emptyBatch(env: string, environments: number): Experience {
  const { rows, columns } = experienceStream('s', environmentDefinition(env), environments);
  const types = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array } as const;
  const arrays = Object.entries(columns).map(([name, column]) => {
    const length = 'per' in column ? column.size : rows * column.size;
    return [name, new types[column.type](length)];
  });
  return Object.fromEntries(arrays) as Experience;
}

test('every actor has contiguous environments, all together have each once', () => {
  for (const [actors, envCount] of [
    [1, 1],
    [3, 3],
    [4, 10],
    [7, 64],
  ] as const) {
    const shares = Array.from({ length: actors }, (_, actor) => shareOf(actor, actors, envCount));
    const rows = shares.flatMap(({ firstRow, rows }) => Array.from({ length: rows }, (_, i) => firstRow + i));
    expect(rows).toEqual(Array.from({ length: envCount }, (_, i) => i));
    const sizes = shares.map((share) => share.rows);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test.each(['CartPole-v1', 'Pendulum-v1', 'Taxi-v3'])(
  '%s: what is read is what was written, ends and masks too',
  (env) => {
    const definition = environmentDefinition(env);
    const limited = { ...definition, stepLimit: 4 };
    const world = vectorEnv(limited, { count: 3, autoreset: 'same-step' });
    world.reset({ seed: 5 });
    const batch = emptyBatch(env, 3);
    const rng = createRng(1);
    const actions = actionArray(definition.actionSpec, 3);
    const read = new RemoteStep(definition, 5);
    let ends = 0;
    for (let turn = 0; turn < 6; turn++) {
      const before = world.observations.slice();
      sampleActions(definition.actionSpec, rng, actions, world.actionMasks);
      world.step(actions);
      writeTurn(batch, turn, before, actions, world);
      // Into rows 2 to 4 of five.
      read.read(batch, turn, 3, 2);
      const size = before.length / 3;
      expect(read.startObservations.subarray(2 * size)).toEqual(before);
      expect(read.actions.subarray(2 * definition.actionSpec.size)).toEqual(actions);
      expect(read.rewards.subarray(2)).toEqual(world.rewards);
      expect(read.terminated.subarray(2)).toEqual(world.terminated);
      expect(read.truncated.subarray(2)).toEqual(world.truncated);
      for (let row = 0; row < 3; row++) {
        const ended = world.terminated[row] === 1 || world.truncated[row] === 1;
        if (ended) ends++;
        const part = (array: Float32Array | Uint8Array, at: number, width: number) =>
          Array.from(array.subarray(at * width, (at + 1) * width));
        const next = ended ? world.finalObservations : world.observations;
        expect(part(read.finalObservations, row + 2, size)).toEqual(part(next, row, size));
        const masks = ended ? world.finalActionMasks : world.actionMasks;
        const width = maskSize(definition);
        if (masks !== null) expect(part(read.actionMasks!, row + 2, width)).toEqual(part(masks, row, width));
      }
    }
    expect(ends).toBeGreaterThanOrEqual(3);
  },
);
