/** Training with actors on threads of this process. `test/distributed` has them on machines that come and go. */

import { type MetricRow, type MetricSink, type Metrics, memorySink } from '@skein/core';
import { useBackend } from '@skein/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../agent/evaluate.ts';
import { algorithm } from '../algorithms/registry.ts';
import { decodeTraining, encodeTraining } from '../training/checkpoint.ts';
import type { TrainHooks, TrainingState, TrainResult } from '../training/run.ts';

beforeAll(async () => {
  await useBackend('simd');
});

/** A run of less than a second; the number of environments is fixed, whoever has them. */
const small = {
  seed: 2,
  steps: 1_000,
  hiddenUnits: [16],
  bufferSize: 300,
  batchSize: 8,
  learningStarts: 60,
  evaluateEvery: 250,
  evaluationEpisodes: 2,
  checkpointEvery: 330,
  reportEvery: 130,
  trainEvery: 8,
  updatesPerRound: 2,
  envCount: 4,
};

interface Trace {
  /** Everything but the configuration, which says how many actors there were. */
  readonly checkpoints: readonly Omit<TrainingState, 'config'>[];
  readonly states: readonly TrainingState[];
  readonly rows: readonly MetricRow[];
  readonly result: TrainResult;
}

async function traceOf(name: string, options: object, hooks: TrainHooks = {}): Promise<Trace> {
  const sink = memorySink();
  const states: TrainingState[] = [];
  const result = await algorithm(name).train(options, {
    sink,
    onCheckpoint: (state) => void states.push(decodeTraining(encodeTraining(state))),
    ...hooks,
  });
  return { checkpoints: states.map(({ config: _, ...rest }) => rest), states, rows: sink.rows, result };
}

describe('in lock-step the number of actors changes no bit', () => {
  test('dqn: none, 1, 2 and 4 actors leave the same checkpoints and the same agent', async () => {
    const alone = await traceOf('dqn', small);
    for (const actors of [1, 2, 4]) {
      const { checkpoints, result } = await traceOf('dqn', { ...small, actors });
      expect(checkpoints, `${actors} actors`).toEqual(alone.checkpoints);
      expect(result.agent.policy.weights()).toEqual(alone.result.agent.policy.weights());
    }
    expect(alone.checkpoints.map(({ step }) => step)).toEqual([332, 660, 992, 1000]);
  });

  test.each([
    ['dqn', { prioritised: true, nSteps: 3, noisy: true, dueling: true, actors: 3 }],
    ['dqn', { env: 'Taxi-v3', actors: 2 }],
    ['ddpg', { noise: 'ornstein-uhlenbeck', actors: 2 }],
    ['ddpg', { noiseCorrelation: 0.9, actors: 2 }],
    ['td3', { trainEvery: 1, steps: 300, updatesPerRound: 1, actors: 4 }],
    ['sac', { nSteps: 2, noiseCorrelation: 0.9, actors: 2 }],
  ] as const)('%s with %j', async (name, { actors, ...options }) => {
    const alone = await traceOf(name, { ...small, ...options });
    expect((await traceOf(name, { ...small, ...options, actors })).checkpoints).toEqual(alone.checkpoints);
  });

  test('a run that stopped goes on with another number of actors as if it had never stopped', async () => {
    const whole = await traceOf('dqn', { ...small, nSteps: 3, actors: 2 });
    for (const actors of [3, 0]) {
      const rest = await traceOf('dqn', { actors }, { resumeFrom: whole.states[1]! });
      expect(rest.checkpoints.at(-1), `${actors} actors`).toEqual(whole.checkpoints.at(-1));
    }
  });

  test('stopped by its signal, it leaves a checkpoint that leads to the same end', async () => {
    const whole = await traceOf('td3', { ...small, actors: 2 });
    const stop = new AbortController();
    const stopped = await traceOf(
      'td3',
      { ...small, actors: 2 },
      { signal: stop.signal, onEvaluation: () => stop.abort() },
    );
    expect(stopped.result.status).toBe('stopped');
    const rest = await traceOf('td3', {}, { resumeFrom: stopped.states.at(-1)! });
    expect(rest.checkpoints.at(-1)).toEqual(whole.checkpoints.at(-1));
  });

  test('it is reported who came, how stale, and how often transitions are replayed', async () => {
    const { rows } = await traceOf('dqn', { ...small, actors: 2 });
    const last = rows.findLast(({ metrics }) => 'actor/count' in metrics)!.metrics;
    expect(last).toMatchObject({ 'actor/count': 2, 'actor/staleness': 0 });
    expect(last['replay/samples-per-insert']).toBeCloseTo(2, 0);
  });
});

describe('running freely', () => {
  const free = { ...small, mode: 'free-running', steps: 6_000, actors: 3, evaluateEvery: 3_000, reportEvery: 500 };

  test('learner and actors keep the ratio that was asked for, and staleness is measured', async () => {
    const stop = new AbortController();
    const reports: Metrics[] = [];
    const sink: MetricSink = {
      write: (step, metrics) => {
        if ('actor/count' in metrics) reports.push(metrics);
        if (metrics['actor/count'] === 3 && step > 6_000) stop.abort();
      },
      close: async () => {},
    };
    const options = { ...free, steps: 10_000_000, evaluateEvery: 10_000_000, samplesPerInsert: 5, publishEvery: 4 };
    const { result } = await traceOf('dqn', options, { sink, signal: stop.signal });
    expect(result.status).toBe('stopped');
    const ratio = reports.at(-1)!['replay/samples-per-insert']!;
    // The slack is a batch of experience, 16 turns of 2 environments, and one more may come in at once.
    expect(Math.abs(ratio - 5)).toBeLessThan((5 * 2 * 32) / 5_000);
    expect(reports.every((metrics) => metrics['actor/staleness']! >= 0)).toBe(true);
    expect(reports.some((metrics) => metrics['actor/staleness-seconds']! > 0)).toBe(true);
  });

  test('it goes on from a checkpoint, with another number of actors', async () => {
    const { states } = await traceOf('sac', { ...free, steps: 800, actors: 2, checkpointEvery: 300 });
    const rest = await traceOf('sac', { steps: 1_200, actors: 1 }, { resumeFrom: states[0]! });
    expect(rest.result).toMatchObject({ status: 'finished' });
    expect(rest.result.steps).toBeGreaterThanOrEqual(1_200);
  });
});

describe('what cannot be is refused', () => {
  test('an environment that actors elsewhere cannot know by name', async () => {
    const { result } = await traceOf('dqn', { ...small, steps: 100 });
    const definition = { ...result.agent.definition, id: 'Mine-v0' };
    await expect(traceOf('dqn', { ...small, actors: 2 }, { definition })).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('Mine-v0'),
    });
  });
});

test('normalisation, whose statistics are gathered in one place, is refused with actors', async () => {
  const options = { ...small, actors: 2, normalizeObservations: true };
  await expect(traceOf('dqn', options)).rejects.toMatchObject({ code: 'CONFIG' });
});

describe('learning proof with actors', () => {
  test.each([
    ['dqn', { actors: 2, mode: 'lock-step', stopAtReturn: 475 }, 475],
    ['dqn', { actors: 4, mode: 'free-running', prioritised: true, stopAtReturn: 475 }, 475],
    ['td3', { actors: 2, mode: 'free-running', steps: 14_000, stopAtReturn: -180 }, -200],
  ] as const)('%s with %j', async (name, options, threshold) => {
    const { result } = await traceOf(name, { seed: 1, ...options });
    expect(result.status).toBe('solved');
    expect((await evaluate(result.agent, { episodes: 100, seed: 70_000 })).mean).toBeGreaterThanOrEqual(threshold);
  });
});
