/** The learner's side of free-running actors, with experience that the tests send themselves. */

import { localRuntime, type Runtime, type StreamProducer } from '@skein/core';
import { useBackend } from '@skein/nn';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dqn } from '../algorithms/dqn.ts';
import { environmentDefinition } from '../env/registry.ts';
import { completeConfig } from '../training/configure.ts';
import { ReplayLearner } from '../training/replay-learner.ts';
import { type ExperienceStream, experienceStream } from './experience.ts';
import { FreeRunningActors } from './free-running.ts';
import { actorStream } from './link.ts';

let runtime: Runtime;
beforeAll(async () => {
  await useBackend('simd');
  runtime = localRuntime();
});
afterAll(() => runtime.close());

const definition = environmentDefinition('CartPole-v1');
let runs = 0;

/** A source with one actor of two environments, which the test plays. */
async function open(options: object) {
  const config = completeConfig(
    'dqn',
    dqn.config,
    { hiddenUnits: [8], actors: 1, envCount: 2, mode: 'free-running', nSteps: 3, learningStarts: 64, ...options },
    {},
  );
  const learner = new ReplayLearner(definition, config, dqn.replay!(definition, config));
  const link = { name: `test-${++runs}`, parameters: runtime.parameters, streams: runtime.streams };
  const source = await FreeRunningActors.open({ config, definition, learner, link, signal: undefined });
  const producer = await runtime.streams.produce(experienceStream(actorStream(link.name), definition, 2));
  return { source, learner, producer };
}

/** Sends one batch of steps with rewards of 1 that end no episode. */
async function send(
  producer: StreamProducer<ExperienceStream['columns']>,
  { version = 1, attempt = 1, number = 0, turns = 16 },
): Promise<void> {
  const { columns, commit } = await producer.reserve();
  columns.observations.fill(0.1);
  columns.nextObservations.fill(0.1);
  columns.actions.fill(0);
  columns.rewards.fill(1);
  columns.ends.fill(0);
  columns.batch.set([0, attempt, number, turns]);
  commit({ version, rows: turns * 2 });
}

let step = 0;
beforeEach(() => {
  step = 0;
});
async function turn(source: FreeRunningActors): Promise<number> {
  const taken = await source.turn(step);
  step += taken;
  return taken;
}

test('steps count when they are taken in, and are learned from at the ratio', async () => {
  const { source, learner, producer } = await open({ samplesPerInsert: 2, batchSize: 32 });
  expect(await turn(source)).toBe(0);
  for (let number = 0; number < 8; number++) {
    await send(producer, { number });
    while ((await turn(source)) === 0);
  }
  expect(step).toBe(256);
  // Nothing more comes: the learner goes on until it is ahead by its slack.
  while (learner.updates < 13) await turn(source);
  expect(source.report()).toMatchObject({ 'actor/count': 1, 'actor/discarded': 0 });
  await source.close();
});

test('n-step transitions go on over batches, and not over a lost one or a new attempt', async () => {
  const { source, learner, producer } = await open({ bufferSize: 1_000 });
  await turn(source);
  const sizes: number[] = [];
  for (const batch of [{ number: 0 }, { number: 1 }, { number: 3 }, { number: 4 }, { attempt: 2, number: 0 }]) {
    await send(producer, batch);
    while ((await turn(source)) === 0);
    sizes.push(learner.report(step)['replay/size']!);
  }
  // With three steps two of each of the two environments wait for their third step; they are dropped at a gap.
  expect(sizes).toEqual([28, 60, 88, 120, 148]);
  await source.close();
});

test('what was made with parameters that are too old is thrown away and counted', async () => {
  const { source, producer } = await open({ publishEvery: 1, maxStaleness: 2, batchSize: 8, samplesPerInsert: 8 });
  await turn(source);
  for (let number = 0; number < 4; number++) {
    await send(producer, { number });
    while ((await turn(source)) === 0);
  }
  // Publications are on their way while the learner learns.
  for (let i = 0; i < 10; i++) {
    await turn(source);
    await new Promise(setImmediate);
  }
  const before = step;
  await send(producer, { number: 4, version: 1 });
  for (let i = 0; i < 50; i++) await turn(source);
  expect(step).toBe(before);
  const report = source.report();
  expect(report['actor/discarded']).toBe(32);
  expect(report['actor/staleness']).toBeGreaterThan(0);
  await send(producer, { number: 5, version: 1_000_000 });
  while ((await turn(source)) === 0);
  expect(step).toBe(before + 32);
  await source.close();
});
