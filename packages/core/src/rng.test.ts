import { describe, expect, test } from 'vitest';
import { createRng, restoreRng, threefry2x32 } from './rng.ts';

const block = (...words: [number, number, number, number]): number[] => {
  const out = new Uint32Array(2);
  threefry2x32(...words, out);
  return [...out];
};

const mean = (values: ArrayLike<number>): number =>
  (Array.prototype.reduce.call(values, (a, b) => (a as number) + b, 0) as number) / values.length;

describe('threefry2x32-20', () => {
  test('gives the known answers of the Random123 distribution', () => {
    expect(block(0, 0, 0, 0)).toEqual([0x6b200159, 0x99ba4efe]);
    expect(block(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toEqual([0xc4923a9c, 0x483df7a0]);
  });
});

describe('a stream', () => {
  test('is a function of its seed', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 5 },
        (
          (rng) => () =>
            rng.uniform()
        )(createRng(seed)),
      );
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(2 ** 32)).not.toEqual(draw(0));
  });

  test('continues from its state after JSON', () => {
    const rng = createRng(3);
    rng.normal();
    const copy = restoreRng(JSON.parse(JSON.stringify(rng.state())));
    expect([copy.uint32(), copy.normal(), copy.integer(10)]).toEqual([rng.uint32(), rng.normal(), rng.integer(10)]);
  });

  test('splits by label, whatever was drawn before and in whatever order', () => {
    const first = createRng(1);
    const second = createRng(1);
    second.uniform();
    second.split('other');
    expect(first.split('actor').uint32()).toBe(second.split('actor').uint32());
    expect(first.split('a').uint32()).not.toBe(first.split('b').uint32());
    expect(first.split(1).uint32()).toBe(first.split('1').uint32());
  });

  test('refuses seeds that are not non-negative safe integers', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => createRng(seed)).toThrow(/seed: expected an integer/);
  });
});

describe('distributions', () => {
  const n = 100_000;

  test('uniform has mean 1/2 and variance 1/12, within five standard errors', () => {
    const u = createRng(11).fillUniform(new Float64Array(n));
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(mean(u.map((x) => (x - 0.5) ** 2)) - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.min(...u.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
  });

  test('normal has moments 0, 1, 0, 3, within five standard errors', () => {
    const rng = createRng(12);
    for (const z of [Float64Array.from({ length: n }, () => rng.normal()), rng.fillNormal(new Float64Array(n))]) {
      expect(Math.abs(mean(z))).toBeLessThan(5 / Math.sqrt(n));
      expect(Math.abs(mean(z.map((x) => x ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
      expect(Math.abs(mean(z.map((x) => x ** 3)))).toBeLessThan(5 * Math.sqrt(15 / n));
      expect(Math.abs(mean(z.map((x) => x ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    }
  });

  test('integers fill every bin evenly (chi-squared below its 99.9 % quantile)', () => {
    const rng = createRng(13);
    const counts = new Float64Array(7);
    for (let i = 0; i < n; i++) counts[rng.integer(7)]! += 1;
    const chi2 = counts.reduce((sum, c) => sum + (c - n / 7) ** 2 / (n / 7), 0);
    expect(chi2).toBeLessThan(22.46);
  });

  test('integers above 2^32 reach both halves of the range', () => {
    const rng = createRng(14);
    const draws = Array.from({ length: 64 }, () => rng.integer(2 ** 52));
    expect(draws.every((x) => Number.isSafeInteger(x) && x < 2 ** 52)).toBe(true);
    expect(draws.some((x) => x < 2 ** 51) && draws.some((x) => x >= 2 ** 51)).toBe(true);
  });

  test('shuffle gives each permutation of three about equally often', () => {
    const rng = createRng(15);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = rng.shuffle([0, 1, 2]).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chi2 = [...counts.values()].reduce((sum, c) => sum + (c - 2000) ** 2 / 2000, 0);
    expect(chi2).toBeLessThan(20.52);
  });

  test('choice refuses an empty list', () => {
    expect(() => createRng(0).choice([])).toThrow(/at least one item/);
  });
});
