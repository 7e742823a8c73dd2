import { createRng } from '@skein/core';
import { expect, test } from 'vitest';
import { createBatch, UniformReplay } from './uniform.ts';

const shape = { capacity: 4, observationSize: 2, actionSize: 1 };

/** Adds the transition whose every number follows from n. */
function add(replay: UniformReplay, n: number): number {
  return replay.add(
    0,
    Float32Array.of(n, n + 0.25),
    [n % 2],
    n * 10,
    n % 3 === 0 ? 0 : 0.5,
    Float32Array.of(n + 1, n + 2),
  );
}

test('the oldest transition gives way once the ring is full', () => {
  const replay = new UniformReplay(shape);
  expect([1, 2, 3, 4, 5, 6].map((n) => add(replay, n))).toEqual([0, 1, 2, 3, 0, 1]);
  expect(replay.size).toBe(4);
  expect([...replay.state().rewards]).toEqual([50, 60, 30, 40]);
});

test('a sampled row is one whole transition', () => {
  const replay = new UniformReplay(shape);
  for (const n of [1, 2, 3]) add(replay, n);
  const batch = createBatch(50, shape);
  replay.sample(batch, createRng(1));
  for (let row = 0; row < 50; row++) {
    const n = batch.rewards[row]! / 10;
    expect([...batch.observations.subarray(2 * row, 2 * row + 2)]).toEqual([n, n + 0.25]);
    expect([...batch.nextObservations.subarray(2 * row, 2 * row + 2)]).toEqual([n + 1, n + 2]);
    expect([batch.actions[row], batch.discounts[row]]).toEqual([n % 2, n % 3 === 0 ? 0 : 0.5]);
  }
});

test('sampling is uniform over what is held', () => {
  const replay = new UniformReplay(shape);
  for (const n of [1, 2, 3]) add(replay, n);
  const batch = createBatch(6000, shape);
  replay.sample(batch, createRng(2));
  const counts = [10, 20, 30].map((reward) => batch.rewards.filter((r) => r === reward).length);
  // Binomial(6000, 1/3) has standard deviation 36.5: five of them either way.
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(183);
});

test('row i of larger arrays is stored', () => {
  const replay = new UniformReplay(shape);
  replay.add(1, Float32Array.of(1, 2, 3, 4), [7, 8], 9, 1, Float32Array.of(5, 6, 7, 8));
  const { observations, actions, nextObservations } = replay.state();
  expect([[...observations], [...actions], [...nextObservations]]).toEqual([[3, 4], [8], [7, 8]]);
});

test('masks belong to the next observation of their transition', () => {
  const masked = { ...shape, maskSize: 3 };
  const replay = new UniformReplay(masked);
  const maskOf = (n: number) => [n % 2, 1, (n + 1) % 2];
  for (const n of [1, 2, 3, 4, 5]) {
    replay.add(0, Float32Array.of(n, n), [0], n, 1, Float32Array.of(n, n), Uint8Array.from(maskOf(n)));
  }
  const copy = new UniformReplay(masked);
  copy.restore(structuredClone(replay.state()));
  const batch = createBatch(20, masked);
  copy.sample(batch, createRng(1));
  for (let row = 0; row < 20; row++) {
    expect([...batch.nextMasks.subarray(3 * row, 3 * row + 3)]).toEqual(maskOf(batch.rewards[row]!));
  }
  expect(() => new UniformReplay(shape).restore(replay.state())).toThrow(/nextMasks: expected 0 numbers, got 12/);
});

test('a restored buffer holds, replaces and samples the same', () => {
  const replay = new UniformReplay(shape);
  for (const n of [1, 2, 3, 4, 5]) add(replay, n);
  const copy = new UniformReplay(shape);
  copy.restore(structuredClone(replay.state()));
  for (const buffer of [replay, copy]) add(buffer, 6);
  const [a, b] = [replay, copy].map((buffer) => {
    const batch = createBatch(8, shape);
    buffer.sample(batch, createRng(3));
    return batch;
  });
  expect(b).toEqual(a);
  expect(copy.state()).toEqual(replay.state());
});

test('an empty buffer cannot be sampled, a foreign state not restored', () => {
  const replay = new UniformReplay(shape);
  expect(() => replay.sample(createBatch(1, shape), createRng(0))).toThrow(/at least one transition/);
  expect(() => new UniformReplay({ ...shape, capacity: 5 }).restore(replay.state())).toThrow(
    expect.objectContaining({ code: 'CHECKPOINT' }),
  );
  expect(() => replay.restore({ ...replay.state(), size: 2 })).toThrow(/observations: expected 4 numbers, got 0/);
});
