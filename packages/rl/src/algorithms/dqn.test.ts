import { type MetricRow, memorySink } from '@skein/core';
import { useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { decodeTraining, encodeTraining } from '../training/checkpoint.ts';
import type { TrainHooks, TrainingState, TrainResult } from '../training/run.ts';
import { type DqnConfig, dqn } from './dqn.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** Small enough for a fraction of a second, with every part at work: rounds, target updates, evaluations, checkpoints. */
const small: Partial<DqnConfig> = {
  seed: 3,
  steps: 900,
  hiddenUnits: [16, 16],
  bufferSize: 400,
  learningStarts: 100,
  trainEvery: 16,
  updatesPerRound: 4,
  targetUpdateEvery: 10,
  batchSize: 16,
  evaluateEvery: 250,
  evaluationEpisodes: 3,
  checkpointEvery: 130,
  reportEvery: 170,
  envCount: 2,
};

const rainbowParts = { dueling: true, noisy: true, distribution: 'categorical' } as const;

/** All that a run leaves behind. */
interface Trace {
  readonly rows: readonly MetricRow[];
  readonly checkpoints: readonly TrainingState[];
  readonly result: TrainResult;
}

async function traceOf(config: Partial<DqnConfig>, hooks: TrainHooks = {}): Promise<Trace> {
  const sink = memorySink();
  const checkpoints: TrainingState[] = [];
  const result = await dqn.train(config, {
    sink,
    onCheckpoint: (state) => {
      checkpoints.push(decodeTraining(encodeTraining(state)));
    },
    ...hooks,
  });
  // Speed is the one metric that may differ between equal runs.
  const rows = sink.rows.map(({ step, metrics }) => {
    const { 'perf/steps-per-second': _speed, ...rest } = metrics;
    return { step, metrics: rest };
  });
  return { rows, checkpoints, result };
}

const last = <T>(items: readonly T[]): T => items.at(-1) as T;
const weightsOf = (result: TrainResult): Float32Array[] => result.agent.policy.weights();

test('equal seeds give equal runs, another seed another one', async () => {
  const [a, b, c] = [await traceOf(small), await traceOf(small), await traceOf({ ...small, seed: 4 })];
  expect(b.rows).toEqual(a.rows);
  expect(b.checkpoints).toEqual(a.checkpoints);
  expect(weightsOf(c.result)).not.toEqual(weightsOf(a.result));
});

describe('a run that is killed and resumed equals an uninterrupted one, bit for bit', () => {
  const variants: readonly (readonly [string, Partial<DqnConfig>])[] = [
    ['double, hard targets', {}],
    ['plain, soft targets, Huber', { doubleDqn: false, targetUpdateRate: 0.1, targetUpdateEvery: 1, loss: 'huber' }],
    ['one row', { envCount: 1 }],
    ['dueling, prioritised, 3-step', { dueling: true, prioritised: true, nSteps: 3 }],
    ['noisy', { noisy: true }],
    ['quantiles, noisy, one row', { distribution: 'quantile', noisy: true, envCount: 1 }],
    ['all of Rainbow', { ...rainbowParts, prioritised: true, nSteps: 3 }],
  ];
  test.each(variants)('%s', async (_name, variant) => {
    const config = { ...small, ...variant };
    const whole = await traceOf(config);
    expect(whole.checkpoints.length).toBeGreaterThan(6);
    // Mid-episode checkpoints, before learning, between rounds, and right after an evaluation.
    for (const checkpoint of [whole.checkpoints[0]!, whole.checkpoints[2]!, whole.checkpoints[4]!]) {
      const rest = await traceOf({}, { resumeFrom: checkpoint });
      expect(last(rest.checkpoints)).toEqual(last(whole.checkpoints));
      expect(rest.rows).toEqual(whole.rows.filter(({ step }) => step > checkpoint.step));
      expect(weightsOf(rest.result)).toEqual(weightsOf(whole.result));
      expect(rest.result).toMatchObject({
        status: 'finished',
        steps: whole.result.steps,
        episodes: whole.result.episodes,
        updates: whole.result.updates,
        best: whole.result.best,
        finalReturn: whole.result.finalReturn,
      });
    }
  });
});

test('an aborted run stops at the next step with a checkpoint, from which the same run continues', async () => {
  const whole = await traceOf(small);
  const abort = new AbortController();
  const stopped = await traceOf(small, {
    signal: abort.signal,
    sink: {
      write: (step) => {
        if (step >= 340) abort.abort();
      },
      close: async () => {},
    },
  });
  expect(stopped.result).toMatchObject({ status: 'stopped', steps: 340 });
  expect(last(stopped.checkpoints).step).toBe(340);
  const rest = await traceOf({}, { resumeFrom: last(stopped.checkpoints) });
  expect(last(rest.checkpoints)).toEqual(last(whole.checkpoints));
});

test('a resumed run may be given more steps', async () => {
  const first = await traceOf({ ...small, steps: 300 });
  const more = await traceOf({ steps: 600 }, { resumeFrom: last(first.checkpoints) });
  expect(more.result.steps).toBe(600);
});

test('an own environment is trained on through hooks', async () => {
  const definition = cartPole({ id: 'short-cart-pole', stepLimit: 12 });
  const { result } = await traceOf({ ...small, steps: 300 }, { definition });
  expect(result.agent.definition.id).toBe('short-cart-pole');
  expect((await evaluate(result.agent, { episodes: 5 })).max).toBeLessThanOrEqual(12);
});

describe('what does not fit is refused', () => {
  test('an option of the wrong kind, by name', async () => {
    await expect(dqn.train({ learningRate: -1 })).rejects.toThrow(/dqn learningRate: expected/);
    await expect(dqn.train({ nonsense: 1 } as Partial<DqnConfig>)).rejects.toMatchObject({ code: 'CONFIG' });
  });

  test('an unknown environment', async () => {
    await expect(dqn.train({ env: 'CartPole-v7' })).rejects.toMatchObject({ code: 'UNKNOWN_NAME' });
  });

  test('a checkpoint whose learner is another network', async () => {
    const { checkpoints } = await traceOf({ ...small, steps: 200 });
    await expect(dqn.train({ hiddenUnits: [8] }, { resumeFrom: last(checkpoints) })).rejects.toThrow(/model weights/);
  });
});

test('with noisy networks there are no random actions, and evaluation has no noise', async () => {
  const { rows, result } = await traceOf({ ...small, noisy: true });
  expect(rows.filter(({ metrics }) => 'explore/epsilon' in metrics)).toEqual([]);
  const [one, other] = [await evaluate(result.agent, { episodes: 3 }), await evaluate(result.agent, { episodes: 3 })];
  expect(one).toEqual(other);
});
