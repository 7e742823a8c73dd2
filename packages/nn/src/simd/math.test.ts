import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../index.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** Distance in units of the last place of the exact value. */
function ulps(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (actual === rounded) return 0;
  return Math.abs(actual - exact) / Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23));
}

interface Case {
  readonly name: 'exp' | 'log' | 'tanh' | 'sigmoid' | 'expm1' | 'log1p' | 'sin' | 'cos';
  readonly low: number;
  readonly high: number;
  readonly exact: (x: number) => number;
  /** Largest error allowed. */
  readonly ulps: number;
}

const CASES: readonly Case[] = [
  { name: 'exp', low: -87, high: 88, exact: Math.exp, ulps: 2 },
  { name: 'log', low: 1e-6, high: 1000, exact: Math.log, ulps: 2 },
  { name: 'tanh', low: -9, high: 9, exact: Math.tanh, ulps: 2 },
  { name: 'sigmoid', low: -30, high: 30, exact: (x) => 1 / (1 + Math.exp(-x)), ulps: 4 },
  { name: 'expm1', low: -5, high: 5, exact: Math.expm1, ulps: 4 },
  { name: 'log1p', low: -0.9, high: 10, exact: Math.log1p, ulps: 4 },
  { name: 'sin', low: -100, high: 100, exact: Math.sin, ulps: 1 },
  { name: 'cos', low: -100, high: 100, exact: Math.cos, ulps: 1 },
];

describe('elementary functions against double precision', () => {
  it.each(CASES)('$name stays within $ulps units in the last place', ({ name, low, high, exact, ulps: limit }) => {
    const x = Float32Array.from({ length: 50_001 }, (_, i) => low + ((high - low) * i) / 50_000);
    const y = tf[name](tf.tensor1d(x)).dataSync();
    const worst = x.reduce((largest, value, i) => Math.max(largest, ulps(y[i]!, exact(value))), 0);
    expect(worst).toBeLessThanOrEqual(limit);
  });

  it('keeps the ends of the range', () => {
    const at = (f: (x: tf.Tensor) => tf.Tensor, ...x: number[]) => [...f(tf.tensor1d(x)).dataSync()];
    expect(at(tf.exp, -Infinity, Infinity, Number.NaN, 89, 0)).toEqual([0, Infinity, Number.NaN, Infinity, 1]);
    expect(at(tf.log, 0, -1, Infinity, Number.NaN)).toEqual([-Infinity, Number.NaN, Infinity, Number.NaN]);
    expect(at(tf.tanh, -Infinity, Infinity, Number.NaN)).toEqual([-1, 1, Number.NaN]);
  });
});
