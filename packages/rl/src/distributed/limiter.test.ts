import { createRng } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { RateLimiter } from './limiter.ts';

const options = { samplesPerInsert: 8, minimum: 100, tolerance: 0.1, insertsAtOnce: 4, samplesAtOnce: 32 };

/** Lets both sides do what they may, the eager one three times as often, and gives the ratio each 100 turns. */
function ratios(eager: 'insert' | 'sample', turns: number): number[] {
  const limiter = new RateLimiter(options);
  const rng = createRng(1);
  const seen: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const insert = rng.bernoulli(eager === 'insert' ? 0.75 : 0.25);
    if (insert && limiter.mayInsert) limiter.inserted(4);
    if (!insert && limiter.maySample) limiter.sampled(32);
    if (turn % 100 === 99) seen.push(limiter.ratio);
  }
  return seen;
}

describe('the limit on samples per insert', () => {
  test.each(['insert', 'sample'] as const)('holds however eager one side is: %s', (eager) => {
    const late = ratios(eager, 20_000).slice(-50);
    for (const ratio of late) expect(Math.abs(ratio - 8)).toBeLessThan(0.1);
  });

  test('nothing is sampled before the minimum, and inserting is always allowed until then', () => {
    const limiter = new RateLimiter(options);
    for (let inserted = 0; inserted < 100; inserted += 4) {
      expect([limiter.mayInsert, limiter.maySample]).toEqual([true, false]);
      limiter.inserted(4);
    }
    expect(limiter.maySample).toBe(true);
    expect(limiter.ratio).toBe(0);
  });

  test('an actor alone, and a learner alone, stop within the tolerance', () => {
    const actor = new RateLimiter(options);
    let inserts = 0;
    for (; actor.mayInsert; inserts += 4) actor.inserted(4);
    // 0.1 of the 800 samples that the minimum has coming: 10 transitions more.
    expect(inserts).toBe(112);
    const learner = new RateLimiter(options, 100);
    let samples = 0;
    for (; learner.maySample; samples += 32) learner.sampled(32);
    expect(samples).toBe(96);
  });

  test('one of the two is always allowed, also with no tolerance to speak of', () => {
    const tight = new RateLimiter({ ...options, tolerance: 1e-9, minimum: 1, insertsAtOnce: 16, samplesAtOnce: 1 });
    const rng = createRng(2);
    for (let turn = 0; turn < 5_000; turn++) {
      expect(tight.mayInsert || tight.maySample).toBe(true);
      if (tight.mayInsert && (rng.bernoulli(0.5) || !tight.maySample)) tight.inserted(1 + rng.integer(16));
      else tight.sampled(1);
    }
  });
});
