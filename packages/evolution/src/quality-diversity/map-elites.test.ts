import { expect, test } from 'vitest';
import { reals } from '../encodings/numbers.ts';
import { bits } from '../encodings/strings.ts';
import { selfAdaptive } from '../mutation/self-adaptive.ts';
import { Archive } from './archive.ts';
import { createMapElites, type MapElitesState, mapElites } from './map-elites.ts';

/** Behaviour: the first two numbers. Fitness: the squares of the others, best 0 in every cell. */
const behaviour = (x: Float64Array) => ({
  fitness: x.subarray(2).reduce((sum, v) => sum + v * v, 0),
  descriptor: x.subarray(0, 2),
});
const axes = [
  { low: -1, high: 1, cells: 8 },
  { low: -1, high: 1, cells: 5 },
];
const options = { encoding: reals(5, -1, 1), axes, batch: 20, seed: 3 };

test('the cell of a descriptor is its row-major place, values beyond the range at the ends', () => {
  const archive = new Archive(bits(3), [
    { low: 0, high: 10, cells: 5 },
    { low: 0, high: 1, cells: 2 },
  ]);
  expect(
    [
      [0, 0],
      [0, 0.9],
      [2, 0],
      [9.99, 0.4],
      [10, 1],
      [-5, 7],
    ].map((d) => archive.cellOf(d)),
  ).toEqual([0, 1, 2, 8, 9, 1]);
});

test('a cell keeps the best, whichever comes first', () => {
  const archive = new Archive(bits(2), [{ low: 0, high: 1, cells: 1 }]);
  expect(archive.offer(Uint8Array.of(0, 1), 5, [0.5], true)).toBe(true);
  expect(archive.offer(Uint8Array.of(1, 1), 4, [0.1], true)).toBe(false);
  expect(archive.offer(Uint8Array.of(1, 0), 6, [0.9], true)).toBe(true);
  expect([...archive.elites().genes]).toEqual([1, 0]);
  expect([...archive.grid()]).toEqual([6]);
});

test('it fills the grid and finds a good individual for every behaviour', async () => {
  const { history, grid, elites } = await mapElites({ ...options, fitness: behaviour, evaluations: 8000 });
  expect(history.at(-1)?.coverage).toBe(1);
  expect(elites.length).toBe(40);
  expect(Math.max(...grid)).toBeLessThan(0.02);
  const totals = history.slice(50).map(({ total }) => total);
  expect(totals).toEqual([...totals].sort((a, b) => b - a));
});

test.each([false, true])('a restored state goes on exactly (asked: %s)', (asked) => {
  const make = (state?: MapElitesState<Float64Array>) => createMapElites({ ...options, ...(state && { state }) });
  const step = (algorithm: ReturnType<typeof make>) => {
    const rows = algorithm.ask().rows.map((x) => x.slice());
    algorithm.tell(rows.map(behaviour));
    return rows;
  };
  const original = make();
  for (let g = 0; g < 4; g++) step(original);
  if (asked) original.ask();
  const restored = make(structuredClone(original.state()));
  for (let g = 0; g < 4; g++) expect(step(restored)).toEqual(step(original));
  expect(restored.state()).toEqual(original.state());
});

test.each([
  [{ axes: [] }, 'axes: expected at least one descriptor'],
  [{ axes: [{ low: 1, high: 0, cells: 3 }] }, 'axes[0]: expected finite low < high'],
  [{ batch: 1 }, 'batch: expected an integer of at least 2'],
  [{ mutation: selfAdaptive() }, 'mutation: expected one without strategy parameters'],
])('options that do not fit are refused (%#)', (wrong, message) => {
  expect(() => createMapElites({ ...options, ...wrong })).toThrow(message);
});

test('an outcome without behaviour is refused with its place', async () => {
  const run = mapElites({ ...options, generations: 1, fitness: () => ({ fitness: 1, descriptor: [1] }) });
  await expect(run).rejects.toThrow(
    'outcome of individual 0: expected { fitness, descriptor } with 2 descriptor values',
  );
});
