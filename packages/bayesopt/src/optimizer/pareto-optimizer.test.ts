import { real } from '@skein/core';
import { expect, test } from 'vitest';
import { hypervolume } from '../pareto/pareto.ts';
import { createParetoOptimizer, type ParetoOptimizer, restoreParetoOptimizer } from './pareto-optimizer.ts';

const space = { x: real(0, 1), y: real(0, 1), z: real(0, 1) };
type Point = { x: number; y: number; z: number };
/** ZDT1 in three inputs; its front is f2 = 1 - sqrt(f1), at y = z = 0. */
function zdt1({ x, y, z }: Point): [number, number] {
  const g = 1 + 4.5 * (y + z);
  return [x, g * (1 - Math.sqrt(x / g))];
}

function run(optimizer: ParetoOptimizer<typeof space>, trials: number, maximise = false): void {
  for (let i = 0; i < trials; i++) {
    const { id, values } = optimizer.ask();
    const [a, b] = zdt1(values);
    optimizer.tell(id, i === 4 ? null : [a, maximise ? -b : b]);
  }
}

const volume = (optimizer: ParetoOptimizer<typeof space>): number =>
  hypervolume(
    optimizer.front().map(({ objectives }) => objectives!),
    [1.1, 1.1],
  );

test('finds most of the front of ZDT1, far more than random search', () => {
  const objectives = ['minimise', 'minimise'] as const;
  const gp = createParetoOptimizer(space, { objectives, seed: 1, deterministic: true });
  const random = createParetoOptimizer(space, { objectives, seed: 1, method: 'random' });
  run(gp, 40);
  run(random, 40);
  expect(volume(gp)).toBeGreaterThan(0.8);
  expect(volume(gp)).toBeGreaterThan(volume(random) + 0.3);
});

test('maximising mirrors minimising, and a restored optimiser takes the same next steps', () => {
  const down = createParetoOptimizer(space, { objectives: ['minimise', 'minimise'], seed: 2, initialTrials: 5 });
  const up = createParetoOptimizer(space, { objectives: ['minimise', 'maximise'], seed: 2, initialTrials: 5 });
  run(down, 8);
  run(up, 8, true);
  expect(up.trials().map(({ values }) => values)).toEqual(down.trials().map(({ values }) => values));
  const restored = restoreParetoOptimizer(space, JSON.parse(JSON.stringify(down.state())));
  run(down, 2);
  run(restored, 2);
  expect(restored.state()).toEqual(down.state());
});

test('misuse is refused', () => {
  const optimizer = createParetoOptimizer(space, { objectives: ['minimise', 'minimise'] });
  const { id } = optimizer.ask();
  expect(() => optimizer.tell(id, [1])).toThrow(/expected 2 finite numbers, got 1/);
  expect(() => optimizer.tell(7, [1, 1])).toThrow(/id of a running trial, got 7/);
  expect(() => createParetoOptimizer(space, { objectives: [] })).toThrow(/at least one/);
});

test('hypervolume improvement gets closer to the front, with batches too, and goes on exactly from a saved state', () => {
  const objectives = ['minimise', 'maximise'] as const;
  const mirrored = (optimizer: ParetoOptimizer<typeof space>): number =>
    hypervolume(
      optimizer.front().map(({ objectives }) => [objectives![0]!, -objectives![1]!]),
      [1.1, 1.1],
    );
  const create = (acquisition: 'hypervolume' | 'scalarisation') =>
    createParetoOptimizer(space, { objectives, seed: 1, deterministic: true, acquisition });
  const [exact, scalarised] = [create('hypervolume'), create('scalarisation')];
  run(exact, 26, true);
  run(scalarised, 26, true);
  expect(mirrored(exact)).toBeGreaterThan(0.78);
  expect(mirrored(exact)).toBeGreaterThan(mirrored(scalarised));
  const batch = [exact.ask(), exact.ask()];
  expect(batch[0]!.values).not.toEqual(batch[1]!.values);
  const restored = restoreParetoOptimizer(space, JSON.parse(JSON.stringify(exact.state())));
  expect(restored.ask().values).toEqual(exact.ask().values);
  expect(() => createParetoOptimizer(space, { objectives, acquisition: 'hypervolume', method: 'tpe' })).toThrow(
    /hypervolume: expected method gp, got tpe/,
  );
});
