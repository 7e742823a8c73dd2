import { categorical, conditional, integer, logReal, real } from '@skein/core';
import { expect, test } from 'vitest';
import { createPopulationTraining, type PopulationTrainingState } from './population-training.ts';

const space = {
  learningRate: logReal(1e-5, 1e-1),
  layers: integer(1, 4),
  optimiser: categorical(['adam', 'sgd']),
  momentum: conditional({ on: 'optimiser', equals: ['sgd'] }, real(0, 1)),
};
const make = (state?: PopulationTrainingState) =>
  createPopulationTraining({ space, population: 8, seed: 5, ...(state && { state }) });

test('at first every agent goes on with itself, with values of the space', () => {
  const assignments = make().ask();
  expect(assignments.map(({ from }) => from)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const { values } of assignments) {
    expect(values.learningRate >= 1e-5 && values.learningRate <= 1e-1).toBe(true);
    expect('momentum' in values).toBe(values.optimiser === 'sgd');
  }
});

test('the worst take over from the best, all others go on unchanged', () => {
  const training = make();
  const before = training.ask();
  training.tell([7, 1, 5, 8, 3, 2, 6, 4]);
  const after = training.ask();
  for (const { agent, from, values } of after) {
    if ([1, 5].includes(agent)) expect([0, 3]).toContain(from);
    else expect([from, values]).toEqual([agent, before[agent]?.values]);
  }
});

test('without resampling numbers change by one of the factors and categories stay', () => {
  const training = createPopulationTraining({
    space: { a: real(0, 1e9), c: categorical([1, 2, 3]) },
    resample: 0,
    seed: 2,
  });
  const before = training.ask();
  training.tell([1, 2, 3, 4, 5, 6, 7, 8]);
  for (const { agent, from, values } of training.ask()) {
    if (agent === from) continue;
    const donor = before[from]!.values;
    expect([0.8, 1.2].some((f) => Math.abs(values.a / donor.a - f) < 1e-9 || values.a === 1e9)).toBe(true);
    expect(values.c).toBe(donor.c);
  }
});

test('it finds good hyperparameters for agents whose progress depends on them', () => {
  // Skill grows by 1 - |log10(rate) + 2| a round: the best rate is 0.01.
  const training = createPopulationTraining({ space: { rate: logReal(1e-6, 1) }, population: 12, seed: 1 });
  let skill = new Float64Array(12);
  for (let round = 0; round < 40; round++) {
    const assignments = training.ask();
    skill = Float64Array.from(
      assignments,
      ({ from, values }) => skill[from]! + 1 - Math.abs(Math.log10(values.rate) + 2),
    );
    training.tell(skill);
  }
  const rates = training.ask().map(({ values }) => Math.abs(Math.log10(values.rate) + 2));
  expect(rates.sort((a, b) => a - b)[6]).toBeLessThan(0.5);
  expect(Math.max(...skill)).toBeGreaterThan(25);
});

test('a restored state goes on exactly', () => {
  const original = make();
  original.tell([1, 2, 3, 4, 5, 6, 7, 8]);
  const restored = make(structuredClone(original.state()));
  for (let round = 0; round < 5; round++) {
    expect(restored.ask()).toEqual(original.ask());
    const scores = [3, 1, 4, 1, 5, 9, 2, 6];
    original.tell(scores);
    restored.tell(scores);
  }
  expect(restored.state()).toEqual(original.state());
});

test.each([
  [{ population: 1 }, 'population: expected an integer of at least 2'],
  [{ share: 0.6 }, 'share: expected a number in (0, 0.5]'],
  [{ state: { ...make().state(), from: new Int32Array(3) } }, 'expected 8 elements in from, got 3'],
])('options that do not fit are refused (%#)', (wrong, message) => {
  expect(() => createPopulationTraining({ space, ...wrong })).toThrow(message);
});

test('scores that do not fit are refused', () => {
  expect(() => make().tell([1, 2])).toThrow('expected one outcome an individual (8), got 2');
});
