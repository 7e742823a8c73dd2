import { localRuntime, type Runtime } from '@skein/core';
import { useBackend } from '@skein/nn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dqn } from './algorithms/dqn.ts';
import {
  checkpointParameter,
  evaluateTask,
  parseTrainReport,
  stopParameter,
  type TrainReport,
  trainTask,
} from './tasks.ts';
import { decodeTraining, encodeTraining } from './training/checkpoint.ts';
import type { TrainingState } from './training/run.ts';

let runtime: Runtime;
beforeAll(async () => {
  await useBackend('simd');
  runtime = localRuntime({ threads: 1, tasks: [trainTask] });
});
afterAll(() => runtime.close());

const config = {
  seed: 5,
  steps: 900,
  hiddenUnits: [16],
  learningStarts: 100,
  trainEvery: 20,
  updatesPerRound: 5,
  evaluateEvery: 300,
  evaluationEpisodes: 4,
  checkpointEvery: 250,
  reportEvery: 200,
};
const input = { algorithm: 'dqn', config, backend: 'simd' } as const;

/** The same run in this process: result and final checkpoint. */
async function reference(overrides: object = {}) {
  let final: TrainingState | undefined;
  const result = await dqn.train(
    { ...config, ...overrides },
    {
      onCheckpoint: (state) => {
        final = state;
      },
    },
  );
  return { result, state: decodeTraining(encodeTraining(final as TrainingState)) };
}

test('a task trains as a call does, and reports metrics, evaluations and checkpoints', async () => {
  const reports: TrainReport[] = [];
  const output = await runtime.run(trainTask, input, {
    id: 'whole',
    onProgress: (report) => reports.push(parseTrainReport(report)),
  });
  const { result, state } = await reference();
  expect(output).toMatchObject({
    status: 'finished',
    steps: 900,
    updates: result.updates,
    bestReturn: result.best?.return,
    bestStep: result.best?.step,
    finalReturn: result.finalReturn,
  });
  expect(decodeTraining(await runtime.blobs.get(output.checkpoint))).toEqual(state);
  const steps = (type: TrainReport['type']) => reports.filter((r) => r.type === type).map((r) => r.step);
  expect(steps('evaluation')).toEqual([300, 600, 900]);
  expect(steps('checkpoint')).toEqual([250, 500, 750, 900]);
  expect(reports[0]).toEqual({ type: 'start', step: 0 });
  expect(steps('metrics')).toEqual([200, 300, 400, 600, 600, 800, 900]);
  const best = reports.findLast((r) => r.type === 'evaluation' && r.agent !== null);
  expect(best).toMatchObject({ step: output.bestStep, mean: output.bestReturn, agent: output.agent });
});

test('asked to stop, it returns with a checkpoint from which another task continues to the same end', async () => {
  const long = { ...config, steps: 60_000, checkpointEvery: 500 };
  const handle = runtime.submit(
    trainTask,
    { ...input, config: long },
    {
      id: 'stopped',
      onProgress: (report) => {
        if (parseTrainReport(report).type === 'checkpoint')
          void runtime.parameters.publish(stopParameter('stopped'), 1);
      },
    },
  );
  const stopped = await handle.result;
  expect(stopped.status).toBe('stopped');
  expect(stopped.steps).toBeLessThan(60_000);
  const steps = stopped.steps + 700;
  const resumed = await runtime.run(trainTask, { ...input, config: { steps }, resume: stopped.checkpoint });
  expect(resumed).toMatchObject({ status: 'finished', steps });
  const state = decodeTraining(await runtime.blobs.get(resumed.checkpoint));
  expect(state).toMatchObject({ step: steps, config: { seed: 5, steps } });
});

test('a task that starts again, handed back or after a lost worker, continues from its newest checkpoint', async () => {
  const { state } = await reference();
  // What the lost attempt left behind.
  let early: TrainingState | undefined;
  await dqn.train(config, {
    onCheckpoint: (state, step) => {
      if (step === 500) early = state;
    },
  });
  await runtime.parameters.publish(checkpointParameter('retried'), await runtime.blobs.put(encodeTraining(early!)));
  const steps: number[] = [];
  const progress = (report: unknown) => steps.push(parseTrainReport(report).step);
  const context = {
    taskId: 'retried',
    attempt: 1,
    worker: 'here',
    signal: new AbortController().signal,
    rng: undefined as never,
    progress,
    parameters: runtime.parameters,
    blobs: runtime.blobs,
    streams: runtime.streams,
  };
  const output = await trainTask.run(context, input);
  expect(steps[0]).toBe(500);
  expect(Math.min(...steps.slice(1))).toBeGreaterThan(500);
  expect(decodeTraining(await runtime.blobs.get(output.checkpoint))).toEqual(state);
});

test('evaluation of a saved agent gives what the agent gives here', async () => {
  const { agent, bestReturn } = await runtime.run(trainTask, input);
  const evaluation = await runtime.run(evaluateTask, { agent, episodes: 10, seed: 3, backend: 'simd' });
  expect(evaluation.returns).toHaveLength(10);
  const elsewhere = await runtime.run(evaluateTask, { agent, episodes: 10, seed: 3, env: 'CartPole-v0' });
  expect(elsewhere.returns).toEqual(evaluation.returns.map((value) => Math.min(value, 200)));
  expect(bestReturn).toBeGreaterThan(0);
});

test('wrong options, unknown names and missing blobs are errors of the task, with their own codes', async () => {
  const codeOf = (given: object) =>
    runtime.run(trainTask, { ...input, ...given }).then(String, (e) => e.cause?.code ?? e.code);
  expect(await codeOf({ config: { learningRate: 'fast' } })).toBe('CONFIG');
  expect(await codeOf({ algorithm: 'alphago' })).toBe('UNKNOWN_NAME');
  expect(await codeOf({ resume: `sha256-${'0'.repeat(64)}` })).toBe('BLOB');
});
