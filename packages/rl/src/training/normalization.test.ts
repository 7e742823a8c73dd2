/** Training on normalised observations and rewards: the agent carries its statistics with it. */

import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { decodeAgent, encodeAgent } from '../agent/file.ts';
import { dqn } from '../algorithms/dqn.ts';
import { ppo } from '../algorithms/ppo.ts';
import { qLearning } from '../tabular/q-learning.ts';
import { decodeTraining, encodeTraining } from './checkpoint.ts';
import type { TrainingState } from './run.ts';

const NORMALIZED = { normalizeObservations: true, normalizeRewards: true } as const;
const OPTIONS = {
  env: 'Pendulum-v1',
  seed: 2,
  steps: 6_000,
  evaluateEvery: 2_000,
  evaluationEpisodes: 4,
  ...NORMALIZED,
};

describe('a normalised run', () => {
  test('reports true returns, and saves means and variances of what it saw with the agent', async () => {
    const { agent, best } = await ppo.train(OPTIONS);
    // Pendulum's rewards are between -16.3 and 0, so divided returns would lie far above.
    expect(best?.return).toBeLessThan(-100);
    const [mean, variance] = agent.policy.weights().slice(-2) as [Float32Array, Float32Array];
    expect([mean.length, variance.length]).toEqual([3, 3]);
    // cos² + sin² = 1: the second moments of the first two numbers sum to 1.
    expectClose(mean[0]! ** 2 + mean[1]! ** 2 + variance[0]! + variance[1]!, 1, { atol: 1e-3 });
    const loaded = decodeAgent(encodeAgent(agent));
    const options = { episodes: 5, seed: 3 };
    expect(await evaluate(loaded, options)).toEqual(await evaluate(agent, options));
    expect(loaded.act([0.3, -0.4, 2])).toEqual(agent.act([0.3, -0.4, 2]));
  });

  test('resumes to the same agent, bit for bit', async () => {
    const states: Uint8Array[] = [];
    const whole = await ppo.train(
      { ...OPTIONS, checkpointEvery: 2_000 },
      { onCheckpoint: (state: TrainingState) => void states.push(encodeTraining(state)) },
    );
    const resumed = await ppo.train({}, { resumeFrom: decodeTraining(states[0]!) });
    expect(resumed.best).toEqual(whole.best);
    expect(resumed.agent.policy.weights()).toEqual(whole.agent.policy.weights());
    const refused = ppo.train(
      { normalizeObservations: false, normalizeRewards: false },
      { resumeFrom: decodeTraining(states[0]!) },
    );
    await expect(refused).rejects.toThrow('its run normalised other things');
  });
});

test('only numbers can be normalised, and only where the learner acts itself', async () => {
  await expect(qLearning.train({ env: 'Taxi-v4', ...NORMALIZED })).rejects.toThrow(
    'expected an environment with numbers',
  );
  await expect(dqn.train({ ...NORMALIZED, actors: 2, envCount: 2 })).rejects.toThrow('expected no actors');
});
