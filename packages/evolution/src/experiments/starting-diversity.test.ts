import { expect, test } from 'vitest';
import { startingDiversity } from './starting-diversity.ts';

const points = startingDiversity();

test('the measured diversity of the first populations grows with the level, from 0 to 1', () => {
  const diversities = points.map(({ diversity }) => diversity);
  expect(diversities[0]).toBe(0);
  expect(Math.abs(diversities.at(-1)! - 1)).toBeLessThan(0.02);
  expect(diversities).toEqual([...diversities].sort((a, b) => a - b));
});

test('accuracy and efficiency depend on the diversity of the start', () => {
  const [clones, random] = [points[0]!, points.at(-1)!];
  expect(random.accuracy).toBeGreaterThan(0.97);
  expect(clones.accuracy).toBeLessThan(0.75);
  expect(random.solved).toBeGreaterThan(clones.solved + 0.15);
});

test('every point has its curve, which never falls and ends at the accuracy', () => {
  for (const { curve, accuracy } of points) {
    expect(curve.length).toBe(50);
    curve.forEach((value, g) => {
      expect(value).toBeGreaterThanOrEqual(curve[g - 1] ?? 0);
    });
    expect(curve.at(-1)).toBe(accuracy);
  }
});

test('the same options give the same data', () => {
  const few = { levels: [0.3], runs: 3 };
  expect(startingDiversity(few)).toEqual(startingDiversity(few));
});
