import { real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { hypervolume } from '../pareto/pareto.ts';
import type { Method } from './method.ts';
import {
  createParetoOptimizer,
  type ParetoOptimizer,
  type ParetoOptions,
  type ParetoOutcome,
  restoreParetoOptimizer,
} from './pareto-optimizer.ts';

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
  expect(volume(gp)).toBeGreaterThan(0.75);
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
  const constrained = (...constraints: number[]): ParetoOutcome => ({ objectives: [1, 1], constraints });
  expect(() => optimizer.tell(id, constrained(0, Number.NaN))).toThrow(/constraints: expected finite numbers, got NaN/);
  optimizer.tell(id, constrained(0, 1));
  const next = optimizer.ask();
  expect(() => optimizer.tell(next.id, constrained(0))).toThrow(/constraints: expected 2 numbers, .*, got 1/);
  expect(() => optimizer.tell(next.id, [1, 1])).toThrow(/constraints: expected 2 numbers, .*, got 0/);
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

/**
 * C2-DTLZ2 (Deb and Jain, IEEE Trans. Evol. Comput. 18, 2014): the front is those parts of a quarter of the unit circle that
 * are within 0.2 of its ends or within 0.2 sqrt(2) of its middle.
 */
function c2dtlz2({ x, y, z }: Point): Required<ParetoOutcome> {
  const radius = 1 + (y - 0.5) ** 2 + (z - 0.5) ** 2;
  const [a, b] = [radius * Math.cos((Math.PI / 2) * x), radius * Math.sin((Math.PI / 2) * x)];
  const beyond = (u: number, v: number, reach: number): number => (a - u) ** 2 + (b - v) ** 2 - reach ** 2;
  const middle = beyond(Math.SQRT1_2, Math.SQRT1_2, 0.2 * Math.SQRT2);
  return { objectives: [a, b], constraints: [Math.min(beyond(1, 0, 0.2), beyond(0, 1, 0.2), middle)] };
}

test('the front of C2-DTLZ2 has the hypervolume that BoTorch states, which a search found', () => {
  const points = Array.from({ length: 20_001 }, (_, i) => c2dtlz2({ x: i / 20_000, y: 0.5, z: 0.5 }));
  const feasible = points.filter(({ constraints }) => constraints[0]! <= 0).map(({ objectives }) => objectives);
  expectClose(hypervolume(feasible, [1.1, 1.1]), 0.3996406303723544, { atol: 5e-4 });
});

function runConstrained(optimizer: ParetoOptimizer<typeof space>, trials: number): void {
  for (let i = 0; i < trials; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, c2dtlz2(values));
  }
}

const constrainedStudy = (seed: number, options: Partial<ParetoOptions> = {}): ParetoOptimizer<typeof space> =>
  createParetoOptimizer(space, { objectives: ['minimise', 'minimise'], seed, deterministic: true, ...options });

describe.each([
  ['scalarisation', 0.3],
  ['hypervolume', 0.36],
] as const)('measured constraints with %s', (acquisition, least) => {
  test.each([1, 2, 3])('the front of C2-DTLZ2 is found better than by random search, seed %i', (seed) => {
    const [model, random] = [constrainedStudy(seed, { acquisition }), constrainedStudy(seed, { method: 'random' })];
    runConstrained(model, 40);
    runConstrained(random, 40);
    expect(volume(model)).toBeGreaterThan(Math.max(least, volume(random)));
    for (const { constraints } of [...model.front(), ...random.front()]) expect(constraints[0]).toBeLessThanOrEqual(0);
  });

  test('a restored study takes the same next steps, after a failed trial and with another running', () => {
    const original = constrainedStudy(4, { acquisition });
    runConstrained(original, 13);
    original.tell(original.ask().id, null);
    original.ask();
    const restored = restoreParetoOptimizer(space, JSON.parse(JSON.stringify(original.state())));
    runConstrained(original, 3);
    runConstrained(restored, 3);
    expect(restored.state()).toEqual(original.state());
  });

  test('while nothing is feasible the front is empty, and the search goes where it may be', () => {
    const box = { x: real(0, 1) };
    const optimizer = createParetoOptimizer(box, {
      objectives: ['minimise', 'maximise'],
      seed: 3,
      initialTrials: 4,
      acquisition,
    });
    for (let i = 0; i < 25; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, { objectives: [values.x, values.x], constraints: [Math.abs(values.x - 0.77) - 0.01] });
      if (i < 2) expect(optimizer.front()).toEqual([]);
    }
    expect(optimizer.front().length).toBeGreaterThan(2);
    for (const { values } of optimizer.front()) expect(Math.abs(values.x - 0.77)).toBeLessThan(0.0101);
  });
});

test.each(['scalarisation', 'hypervolume'] as const)(
  'with %s, the front is found where trials do not fail',
  (acquisition) => {
    const objectives = ['minimise', 'minimise'] as const;
    const optimizer = createParetoOptimizer(space, { objectives, seed: 5, initialTrials: 8, acquisition });
    for (let i = 0; i < 32; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, values.y < 0.3 ? null : zdt1(values));
    }
    const found = optimizer.front().map(({ objectives }) => objectives!);
    // The whole front at y = 0.3 has about 1.3.
    expect(hypervolume(found, [1.1, 2.5])).toBeGreaterThan(0.7);
  },
);

test("a method of one's own is given as a value, again when its state is restored", () => {
  const corner: Method = {
    name: 'corner',
    suggest: ({ columns, memory }) => ({ point: new Float64Array(columns.columns.length), memory }),
  };
  const optimizer = createParetoOptimizer(space, { objectives: ['minimise', 'maximise'], method: corner });
  expect(optimizer.ask().values).toEqual({ x: 0, y: 0, z: 0 });
  expect(restoreParetoOptimizer(space, optimizer.state(), { method: corner }).ask()).toEqual(optimizer.ask());
  expect(() => restoreParetoOptimizer(space, optimizer.state())).toThrow(/method: expected one of gp, .*got corner/);
});

describe('a state that does not fit is refused:', () => {
  const told = constrainedStudy(6);
  runConstrained(told, 3);
  test.each([
    ['objectives', 1, /trials\[1\]\.objectives: expected 2 numbers, .*got 3/],
    ['constraints', 2, /trials\[2\]: constraints: expected 1 numbers, .*got 3/],
  ] as const)('%s of another number', (field, at, message) => {
    const state = told.state() as { trials: Record<string, unknown>[] };
    state.trials[at]![field] = [1, 2, 3];
    expect(() => restoreParetoOptimizer(space, state)).toThrow(message);
  });
});

test.each(['scalarisation', 'hypervolume'] as const)(
  'with %s, nothing forbidden is suggested, restored as well',
  (acquisition) => {
    const rules = { allows: ({ x, y }: Point) => x + y > 0.5 };
    const options = { objectives: ['minimise', 'minimise'], seed: 7, initialTrials: 6, acquisition } as const;
    let optimizer = createParetoOptimizer(space, options, rules);
    for (let i = 0; i < 14; i++) {
      if (i === 9) optimizer = restoreParetoOptimizer(space, optimizer.state(), rules);
      const { id, values } = optimizer.ask();
      expect(rules.allows(values)).toBe(true);
      optimizer.tell(id, zdt1(values));
    }
  },
);
