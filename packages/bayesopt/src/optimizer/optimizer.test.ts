import { categorical, conditional, integer, logReal, real } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { branin } from '../problems.ts';
import { ACQUISITION_NAMES } from './acquisitions.ts';
import { METHODS } from './methods.ts';
import { createOptimizer, type Optimizer, restoreOptimizer } from './optimizer.ts';
import type { OptimizerState } from './trial.ts';

const space = {
  x: real(-5, 10),
  rate: logReal(1e-5, 1e-1),
  layers: integer(1, 4),
  activation: categorical(['relu', 'tanh', 'gelu']),
  momentum: conditional({ on: 'activation', equals: ['tanh'] }, real(0, 1)),
};
type Mixed = Optimizer<typeof space>;

/** Lowest at x = 2, rate = 1e-3, three layers, tanh with momentum 0.3. */
function loss(values: ReturnType<Mixed['ask']>['values']): number {
  const momentum = values.activation === 'tanh' ? (values.momentum! - 0.3) ** 2 : 0.5;
  return (values.x - 2) ** 2 / 20 + Math.log10(values.rate / 1e-3) ** 2 / 4 + (values.layers - 3) ** 2 / 5 + momentum;
}

function run(optimizer: Mixed, trials: number): void {
  for (let i = 0; i < trials; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, loss(values));
  }
}

const suggestions = (optimizer: Mixed) => optimizer.trials().map(({ values }) => values);

describe.each(METHODS.map(({ name }) => name))('method %s: laws of ask and tell', (method) => {
  test('equal seeds give equal suggestions, others differ', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => createOptimizer(space, { method, seed, initialTrials: 4 }));
    for (const optimizer of [a!, b!, c!]) run(optimizer, 7);
    expect(suggestions(a!)).toEqual(suggestions(b!));
    expect(suggestions(a!)).not.toEqual(suggestions(c!));
  });

  test('a restored optimiser takes the same next steps, with a trial running', () => {
    const original = createOptimizer(space, { method, seed: 3, initialTrials: 3 });
    run(original, 6);
    original.ask();
    const restored = restoreOptimizer(space, JSON.parse(JSON.stringify(original.state())));
    for (const optimizer of [original, restored]) run(optimizer, 3);
    expect(suggestions(restored)).toEqual(suggestions(original));
    expect(restored.state()).toEqual(original.state());
  });

  test('suggestions belong to the space, and inactive dimensions are absent', () => {
    const optimizer = createOptimizer(space, { method, seed: 4, initialTrials: 5 });
    run(optimizer, 12);
    for (const { values } of optimizer.trials()) {
      for (const [name, dimension] of Object.entries(space)) {
        if (name in values) dimension.check(values[name as keyof typeof values], name);
      }
      expect('momentum' in values).toBe(values.activation === 'tanh');
    }
  });

  test('a small discrete space is searched without repetition, running trials included, and then goes on', () => {
    const grid = { a: integer(1, 3), b: categorical(['u', 'v', 'w']) };
    const optimizer = createOptimizer(grid, { method, seed: 5, initialTrials: 3 });
    const seen = new Set<string>();
    for (let i = 0; i < 9; i++) {
      const { id, values } = optimizer.ask();
      seen.add(JSON.stringify(values));
      if (i % 2 === 0) optimizer.tell(id, values.a);
    }
    expect(seen.size).toBe(9);
    grid.a.check(optimizer.ask().values.a, 'a');
  });

  test.each([
    ['constant', () => 3],
    ['enormous', (i: number) => (i % 4 === 0 ? 1e308 : -1e308)],
    ['tiny', (i: number) => 1e-300 * i],
    ['broken by one outlier', (i: number) => (i === 4 ? -1e12 : i)],
  ] as const)('outcomes that are %s do not stop it', (_, value) => {
    const optimizer = createOptimizer(space, { method, seed: 8, initialTrials: 3 });
    for (let i = 0; i < 8; i++) optimizer.tell(optimizer.ask().id, value(i));
    expect(optimizer.trials()).toHaveLength(8);
  });

  test('failed and pruned trials do not stop it, even when nothing completed', () => {
    const optimizer = createOptimizer(space, { method, seed: 6, initialTrials: 2 });
    for (let i = 0; i < 8; i++) {
      const { id, values } = optimizer.ask();
      if (i < 4) optimizer.tell(id, { kind: 'failed', reason: 'out of memory' });
      else if (i < 6) optimizer.tell(id, { kind: 'pruned', step: 3, value: loss(values) });
      else optimizer.tell(id, loss(values));
    }
    expect(optimizer.best()?.id).toBeGreaterThanOrEqual(6);
  });
});

test('the Gaussian process finds the optimum of a mixed conditional space', () => {
  const optimizer = createOptimizer(space, { seed: 1, deterministic: true });
  run(optimizer, 45);
  const best = optimizer.best()!;
  expect(best.values).toMatchObject({ layers: 3, activation: 'tanh' });
  expect(best.value).toBeLessThan(0.02);
});

test.each(ACQUISITION_NAMES)('%s as acquisition function comes close to the optimum of Branin', (acquisition) => {
  const box = { x: real(-5, 10), y: real(0, 15) };
  const optimizer = createOptimizer(box, { seed: 1, acquisition, deterministic: true, initialTrials: 6 });
  for (let i = 0; i < 30; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, branin.f([values.x, values.y]));
  }
  expect(optimizer.best()!.value - branin.minimum).toBeLessThan(0.1);
});

test('improvement per cost looks where it is cheap, and states keep what was learned of the cost', () => {
  const wells = (x: number): number => -Math.exp(-50 * (x - 0.2) ** 2) - Math.exp(-50 * (x - 0.8) ** 2);
  const box = { x: real(0, 1) };
  const spent = (acquisition: string): number => {
    let optimizer = createOptimizer(box, { seed: 3, acquisition, deterministic: true, initialTrials: 4 });
    let total = 0;
    for (let i = 0; i < 14; i++) {
      const { id, values } = optimizer.ask();
      const cost = Math.exp(5 * values.x);
      if (i >= 4) total += cost;
      optimizer.tell(id, { kind: 'complete', value: wells(values.x), cost });
      if (i === 8) optimizer = restoreOptimizer(box, JSON.parse(JSON.stringify(optimizer.state())));
    }
    expect(optimizer.best()!.value).toBeLessThan(-0.95);
    return total;
  };
  expect(spent('expectedImprovementPerCost')).toBeLessThan(0.7 * spent('logExpectedImprovement'));
});

describe.each(['gp', 'tpe'])('measured constraints with method %s', (method) => {
  test('the best trial satisfies them, at the border of what is allowed', () => {
    // Minimise x + y where x y >= 0.25: the optimum is 1, at (0.5, 0.5).
    const optimizer = createOptimizer({ x: real(0, 1), y: real(0, 1) }, { method, seed: 2, initialTrials: 6 });
    for (let i = 0; i < 40; i++) {
      const { id, values } = optimizer.ask();
      const { x, y } = values;
      if (i === 3) optimizer.tell(id, { kind: 'failed', reason: 'lost' });
      else optimizer.tell(id, { kind: 'complete', value: x + y, constraints: [0.25 - x * y] });
    }
    const { values, value } = optimizer.best()!;
    expect(values.x * values.y).toBeGreaterThanOrEqual(0.25);
    expect(value).toBeLessThan(method === 'gp' ? 1.02 : 1.3);
  });

  test('while nothing is feasible there is no best trial, and the search goes where it may be', () => {
    const optimizer = createOptimizer({ x: real(0, 1) }, { method, seed: 3, initialTrials: 4 });
    for (let i = 0; i < 25; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, { kind: 'complete', value: values.x, constraints: [Math.abs(values.x - 0.77) - 0.01] });
      if (i < 2) expect(optimizer.best()).toBeNull();
    }
    expect(Math.abs(optimizer.best()!.values.x - 0.77)).toBeLessThan(0.011);
  });
});

describe('failed trials with method gp', () => {
  const box = { x: real(-5, 10), y: real(0, 15) };

  test.each([1, 2, 3])('by chance they do not keep it from the optimum of Branin, seed %i', (seed) => {
    const optimizer = createOptimizer(box, { seed });
    for (let i = 0; i < 40; i++) {
      const { id, values } = optimizer.ask();
      optimizer.tell(id, i % 7 === 3 ? { kind: 'failed', reason: 'chance' } : branin.f([values.x, values.y]));
    }
    expect(optimizer.best()!.value - branin.minimum).toBeLessThan(0.02);
  });

  test.each([1, 2, 3])('where all of them fail it does not stay, seed %i', (seed) => {
    // Two of the three optima are there.
    const optimizer = createOptimizer(box, { seed });
    let failures = 0;
    for (let i = 0; i < 40; i++) {
      const { id, values } = optimizer.ask();
      const fails = values.x < 6;
      if (fails) failures++;
      optimizer.tell(id, fails ? { kind: 'failed', reason: 'left' } : branin.f([values.x, values.y]));
    }
    expect(optimizer.best()!.value - branin.minimum).toBeLessThan(0.02);
    expect(failures).toBeLessThan(24);
  });
});

describe.each(METHODS.map(({ name }) => name))('known rules with method %s', (method) => {
  test('nothing forbidden is ever suggested, and the optimum on the border is approached', () => {
    const allows = ({ x, y }: { x: number; y: number }): boolean => x + y <= 0.8;
    const box = { x: real(0, 1), y: real(0, 1), kind: categorical(['a', 'b']) };
    const optimizer = createOptimizer(box, { method, seed: 2, initialTrials: 5, deterministic: true }, { allows });
    for (let i = 0; i < 25; i++) {
      const { id, values } = optimizer.ask();
      expect(allows(values)).toBe(true);
      optimizer.tell(id, -values.x - 2 * values.y + (values.kind === 'b' ? 0.5 : 0));
    }
    expect(optimizer.best()!.value).toBeLessThan(method === 'gp' ? -1.59 : -0.9);
  });

  test('a rule that allows nothing is refused', () => {
    expect(() => createOptimizer({ x: real(0, 1) }, { method }, { allows: () => false }).ask()).toThrow(/is allowed/);
  });
});

test('maximising mirrors minimising', () => {
  const box = { x: real(-5, 10), y: real(0, 15) };
  const down = createOptimizer(box, { seed: 2, initialTrials: 5 });
  const up = createOptimizer(box, { seed: 2, initialTrials: 5, maximise: true });
  for (let i = 0; i < 9; i++) {
    const trial = down.ask();
    const mirrored = up.ask();
    expect(mirrored).toEqual(trial);
    down.tell(trial.id, branin.f([trial.values.x, trial.values.y]));
    up.tell(trial.id, -branin.f([trial.values.x, trial.values.y]));
  }
  expectClose(up.best()!.value, -down.best()!.value);
});

test('points suggested while others run keep away from them', () => {
  const box = { x: real(0, 1) };
  const optimizer = createOptimizer(box, { seed: 1, initialTrials: 3, deterministic: true });
  for (let i = 0; i < 5; i++) {
    const { id, values } = optimizer.ask();
    optimizer.tell(id, (values.x - 0.4) ** 2 + 0.1 * Math.sin(20 * values.x));
  }
  const running = Array.from({ length: 4 }, () => optimizer.ask().values.x).sort((a, b) => a - b);
  for (let i = 1; i < running.length; i++) expect(running[i]! - running[i - 1]!).toBeGreaterThan(1e-3);
});

describe('misuse is refused with what was expected', () => {
  const box = { x: real(0, 1) };
  const optimizer = createOptimizer(box);
  const { id } = optimizer.ask();

  /** A state of two trials whose second one was changed. */
  function broken(change: (record: OptimizerState['trials'][number]) => void): OptimizerState {
    const study = createOptimizer(box, { method: 'random' });
    for (const x of [0.2, 0.4]) study.add({ x }, x);
    const state = study.state();
    change(state.trials[1]!);
    return state;
  }

  test.each([
    ['an unknown trial', () => optimizer.tell(7, 1), /below 1, got 7/],
    ['a value that is not finite', () => optimizer.tell(id, Number.NaN), /finite value, got NaN/],
    [
      'a constraint that is not finite',
      () => optimizer.tell(id, { kind: 'complete', value: 1, constraints: [Number.POSITIVE_INFINITY] }),
      /constraints: expected finite numbers, got Infinity/,
    ],
    [
      'a cost that is not positive',
      () => optimizer.tell(id, { kind: 'complete', value: 1, cost: 0 }),
      /cost: expected a positive number, got 0/,
    ],
    ['an empty space', () => createOptimizer({}), /at least one dimension/],
    ['an unknown method', () => createOptimizer({ x: real(0, 1) }, { method: 'magic' }), /one of gp, .*, got magic/],
    [
      'an unknown acquisition function',
      () => createOptimizer({ x: real(0, 1) }, { acquisition: 'luck' }),
      /one of log.*, got luck/,
    ],
    ['earlier data outside the space', () => optimizer.add({ x: 3 }, 1), /values.x: expected real\(0, 1\), got 3/],
    ['a state that is none', () => restoreOptimizer(box, { version: 2 }), /optimizer state/],
    [
      'a state whose trials disagree on their constraints',
      () =>
        restoreOptimizer(
          box,
          broken(({ outcome }) => Object.assign(outcome!, { constraints: [1] })),
        ),
      /trials\[1\]: constraints: expected 0 numbers, .*got 1/,
    ],
    [
      'a state whose trials are in disorder',
      () =>
        restoreOptimizer(
          box,
          broken((record) => Object.assign(record, { id: 5 })),
        ),
      /trials\[1\]\.id: expected 1, got 5/,
    ],
  ])('%s', (_, misuse, message) => {
    expect(misuse).toThrow(message);
  });

  test('a finished trial', () => {
    optimizer.tell(id, 1);
    expect(() => optimizer.tell(id, 1)).toThrow(/running trial, got trial 0, which is complete/);
  });

  test('another number of constraints than the trials before', () => {
    const constrained = createOptimizer({ x: real(0, 1) });
    const [first, second] = [constrained.ask(), constrained.ask()];
    constrained.tell(first.id, { kind: 'complete', value: 1, constraints: [0, 0] });
    expect(() => constrained.tell(second.id, 1)).toThrow(/constraints: expected 2 numbers, .*, got 0/);
    expect(() => constrained.add({ x: 0 }, { kind: 'complete', value: 1, constraints: [0] })).toThrow(
      /expected 2 .* 1$/,
    );
  });
});
