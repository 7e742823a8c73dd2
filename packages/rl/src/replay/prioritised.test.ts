import { createRng, type Rng } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { PrioritisedReplay } from './prioritised.ts';
import { SumTree } from './sum-tree.ts';
import { createBatch } from './uniform.ts';

describe('the sum tree', () => {
  test('finds by cumulative sum what a scan finds', () => {
    const rng = createRng(1);
    const values = Array.from({ length: 13 }, (_, i) => (i % 4 === 0 ? 0 : rng.uniform()));
    const tree = new SumTree(13);
    for (const [i, value] of values.entries()) tree.set(i, value);
    const total = values.reduce((sum, value) => sum + value, 0);
    expect(tree.total).toBeCloseTo(total, 12);
    for (let k = 0; k < 200; k++) {
      const target = rng.uniform() * total;
      let sum = 0;
      const scanned = values.findIndex((value) => {
        sum += value;
        return sum > target;
      });
      expect(tree.find(target)).toBe(scanned);
    }
  });

  test('never finds a number of 0, even at the very end', () => {
    const tree = new SumTree(4);
    tree.set(1, 0.5);
    expect([tree.find(0), tree.find(0.5), tree.find(0.6)]).toEqual([1, 1, 1]);
  });
});

const shape = { capacity: 8, observationSize: 1, actionSize: 1 };
const filled = (exponent = 1, correction = 1): PrioritisedReplay => {
  const replay = new PrioritisedReplay(shape, { exponent, correction });
  for (let n = 0; n < 4; n++) replay.add(0, Float32Array.of(n), [0], n, 1, Float32Array.of(n + 1));
  return replay;
};

/** Gives transition i the error `errors[i]`. */
function teach(replay: PrioritisedReplay, errors: readonly number[]): void {
  const batch = createBatch(errors.length, shape);
  batch.indices.set(errors.map((_, i) => i));
  batch.errors.set(errors);
  replay.learned(batch);
}

/** Shares in which the four transitions are drawn. */
function shares(replay: PrioritisedReplay, draws = 8000): number[] {
  const batch = createBatch(draws, shape);
  replay.sample(batch, createRng(2), 1);
  return [0, 1, 2, 3].map((n) => batch.rewards.filter((reward) => reward === n).length / draws);
}

/** Prioritised replay by definition: a list, scanned. Transitions are told apart by their rewards. */
class NaiveReplay {
  readonly #slots: { reward: number; priority: number }[] = [];
  readonly #capacity: number;
  readonly #exponent: number;
  readonly #correction: number;
  #added = 0;
  #largest = 1;
  #drawn: number[] = [];

  constructor(capacity: number, exponent: number, correction: number) {
    this.#capacity = capacity;
    this.#exponent = exponent;
    this.#correction = correction;
  }

  add(reward: number): void {
    this.#slots[this.#added++ % this.#capacity] = { reward, priority: this.#largest };
  }

  sample(count: number, rng: Rng, progress: number): { rewards: number[]; weights: number[] } {
    const total = this.#slots.reduce((sum, { priority }) => sum + priority, 0);
    this.#drawn = Array.from({ length: count }, (_, row) => {
      const target = ((row + rng.uniform()) * total) / count;
      let sum = 0;
      return this.#slots.findIndex(({ priority }) => {
        sum += priority;
        return sum > target;
      });
    });
    const beta = this.#correction + (1 - this.#correction) * progress;
    const slots = this.#drawn.map((slot) => this.#slots[slot]!);
    const weights = slots.map(({ priority }) => ((this.#slots.length * priority) / total) ** -beta);
    return { rewards: slots.map(({ reward }) => reward), weights: weights.map((w) => w / Math.max(...weights)) };
  }

  learned(errors: readonly number[]): void {
    for (const [row, slot] of this.#drawn.entries()) {
      const priority = (Math.abs(errors[row]!) + 1e-6) ** this.#exponent;
      this.#slots[slot]!.priority = priority;
      this.#largest = Math.max(this.#largest, priority);
    }
  }
}

describe('prioritised replay', () => {
  test('draws in proportion to errors to the power of the exponent', () => {
    const replay = filled(0.5);
    teach(replay, [-1, 4, 9, 4]);
    expectClose(shares(replay), [1 / 8, 2 / 8, 3 / 8, 2 / 8], { rtol: 0, atol: 0.01 });
  });

  test('new transitions get the largest priority so far', () => {
    const replay = filled();
    teach(replay, [0.5, 0.5, 0.5, 3]);
    replay.add(0, Float32Array.of(9), [0], 9, 1, Float32Array.of(10));
    const batch = createBatch(7500, shape);
    replay.sample(batch, createRng(3), 1);
    expect(batch.rewards.filter((reward) => reward === 9).length / 7500).toBeCloseTo(3 / 7.5, 2);
  });

  test('fully corrected weights undo the sampling: the weighted mean is the mean', () => {
    const replay = filled();
    teach(replay, [1, 2, 3, 4]);
    const batch = createBatch(20_000, shape);
    replay.sample(batch, createRng(4), 1);
    const mean = batch.rewards.reduce((sum, reward, i) => sum + reward * batch.weights[i]!, 0);
    const weight = batch.weights.reduce((sum, w) => sum + w, 0);
    expect(mean / weight).toBeCloseTo(1.5, 1);
    expect(Math.max(...batch.weights)).toBe(1);
  });

  test('the correction grows from its start to 1 over the run', () => {
    const replay = filled(1, 0);
    teach(replay, [1, 2, 3, 4]);
    const batch = createBatch(64, shape);
    replay.sample(batch, createRng(5), 0);
    expect(new Set(batch.weights)).toEqual(new Set([1]));
    replay.sample(batch, createRng(5), 1);
    const byReward = new Map([...batch.rewards].map((reward, i) => [reward, batch.weights[i]!]));
    expectClose(
      [0, 1, 2, 3].map((reward) => byReward.get(reward)!),
      [1, 1 / 2, 1 / 3, 1 / 4],
      { rtol: 1e-5, atol: 0 },
    );
  });

  test('a restored buffer draws the same', () => {
    const replay = filled();
    teach(replay, [1, 2, 3, 4]);
    const copy = new PrioritisedReplay(shape, { exponent: 1, correction: 1 });
    copy.restore(structuredClone(replay.state()));
    expect(shares(copy, 500)).toEqual(shares(replay, 500));
    expect(copy.state()).toEqual(replay.state());
  });

  test('past its capacity it draws as a list does whose oldest transitions are replaced', () => {
    const capacity = 5;
    const replay = new PrioritisedReplay({ ...shape, capacity }, { exponent: 0.7, correction: 0.4 });
    const model = new NaiveReplay(capacity, 0.7, 0.4);
    const choices = createRng(6);
    const batch = createBatch(3, shape);
    for (let n = 0; n < 200; n++) {
      replay.add(0, Float32Array.of(n), [0], n, 1, Float32Array.of(n + 1));
      model.add(n);
      if (choices.uniform() < 0.5) continue;
      const progress = choices.uniform();
      replay.sample(batch, createRng(n), progress);
      const { rewards, weights } = model.sample(3, createRng(n), progress);
      expect([...batch.rewards]).toEqual(rewards);
      expectClose([...batch.weights], weights, { rtol: 1e-6, atol: 0 });
      // Large errors, small ones and none; a transition may be drawn, and judged, twice.
      batch.errors.set(
        Array.from({ length: 3 }, () => (choices.uniform() < 0.2 ? 0 : 10 ** (4 * choices.uniform() - 3))),
      );
      replay.learned(batch);
      model.learned([...batch.errors]);
    }
    expect(replay.size).toBe(capacity);
  });

  test("a uniform buffer's state is refused", () => {
    expect(() => filled().restore({ size: 0 })).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }));
  });
});
