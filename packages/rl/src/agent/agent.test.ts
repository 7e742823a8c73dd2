import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@skein/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dqn } from '../algorithms/dqn.ts';
import { makeEnv } from '../env/registry.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { evaluate, evaluatePolicy } from './evaluate.ts';
import { decodeAgent, encodeAgent, loadAgent, saveAgent } from './file.ts';

const folder = mkdtempSync(join(tmpdir(), 'skein-agent-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await useBackend('simd');
});

const trained = async () =>
  (await dqn.train({ steps: 600, learningStarts: 100, hiddenUnits: [16], evaluateEvery: 300, evaluationEpisodes: 2 }))
    .agent;

/** Pushes towards the side where the pole leans. */
const leaning = {
  act: (observations: Float32Array, count: number) =>
    Int32Array.from({ length: count }, (_, i) => (observations[4 * i + 2]! > 0 ? 1 : 0)),
};

describe('evaluation', () => {
  test('episode i is the episode of seed + i, whatever runs beside it', () => {
    const together = evaluatePolicy(leaning, cartPole(), { episodes: 130, seed: 5 });
    const alone = [0, 1, 99, 100, 129].map(
      (i) => evaluatePolicy(leaning, cartPole(), { episodes: 1, seed: 5 + i }).returns[0],
    );
    expect([0, 1, 99, 100, 129].map((i) => together.returns[i])).toEqual(alone);
  });

  test('agrees with playing the single environment', () => {
    const env = makeEnv('CartPole-v1');
    let { observation } = env.reset({ seed: 8 });
    let total = 0;
    for (;;) {
      const step = env.step(leaning.act(observation, 1)[0]!);
      observation = step.observation;
      total += step.reward;
      if (step.terminated || step.truncated) break;
    }
    expect(evaluatePolicy(leaning, cartPole(), { episodes: 1, seed: 8 }).returns).toEqual([total]);
  });

  test('summarises returns', () => {
    const { returns, mean, std, min, max, lengths, meanLength } = evaluatePolicy(leaning, cartPole(), { episodes: 3 });
    const average = (returns[0]! + returns[1]! + returns[2]!) / 3;
    expect(mean).toBeCloseTo(average, 12);
    expect(std).toBeCloseTo(Math.sqrt(returns.reduce((sum, r) => sum + (r - average) ** 2, 0) / 3), 12);
    expect([min, max]).toEqual([Math.min(...returns), Math.max(...returns)]);
    expect(lengths).toEqual(returns);
    expect(meanLength).toBe(mean);
  });

  test('an environment without a time limit is cut off', () => {
    const endless = { ...cartPole(), stepLimit: null, isTerminal: () => false };
    expect(evaluatePolicy(leaning, endless, { episodes: 2, stepLimit: 50 }).returns).toEqual([50, 50]);
  });

  test('no episodes are refused', () => {
    expect(() => evaluatePolicy(leaning, cartPole(), { episodes: 0 })).toThrow('episodes: expected a positive integer');
  });
});

describe('saved agents', () => {
  test('act as the original, from a file and from a folder', async () => {
    const agent = await trained();
    const expected = await evaluate(agent, { episodes: 20, seed: 1 });
    expect(saveAgent(folder, agent)).toBe(join(folder, 'agent.skein'));
    saveAgent(join(folder, 'other.skein'), agent);
    for (const path of [folder, join(folder, 'other.skein')]) {
      const loaded = loadAgent(path);
      expect(loaded).toMatchObject({ algorithm: 'dqn', config: agent.config });
      expect(loaded.definition.id).toBe('CartPole-v1');
      expect(await evaluate(loaded, { episodes: 20, seed: 1 })).toEqual(expected);
      expect(loaded.act([0.01, 0, 0.1, 0.2])).toBe(agent.act([0.01, 0, 0.1, 0.2]));
    }
  });

  test('damaged bytes and missing files are refused with what to do', async () => {
    const bytes = encodeAgent(await trained());
    bytes[bytes.length - 1]! ^= 1;
    expect(() => decodeAgent(bytes)).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }));
    expect(() => loadAgent(join(folder, 'none.skein'))).toThrow(/none.skein: expected a saved agent/);
  });
});
