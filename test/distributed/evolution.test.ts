/** Evolution on worker processes that are slow or die. */

import { natsRuntime } from '@skein/core';
import { startNatsServer } from '@skein/core/testkit';
import { distributedIslands, type GeneticState, islands, rastrigin, steadyStateSearch } from '@skein/evolution';
import { expect, test } from 'vitest';
import { fitness, island } from './fitness-tasks.ts';
import { startWorkerProcess } from './workers.ts';

test('the asynchronous steady state goes on while one worker dies and some evaluations never end', async () => {
  await using server = await startNatsServer();
  const worker = { servers: server.url, silenceMs: 1000, tasks: [fitness.module] };
  await using doomed = await startWorkerProcess({ ...worker, name: 'doomed' });
  await using _other = await startWorkerProcess({ ...worker, name: 'other' });
  await using runtime = await natsRuntime({ servers: server.url });
  let died: Promise<void> | undefined;
  const { encoding } = rastrigin(3);
  const { evaluations, lost, bestFitness } = await steadyStateSearch({
    encoding,
    population: 20,
    seed: 1,
    evaluations: 200,
    concurrency: 6,
    evaluationMs: 2000,
    // The first ones are lost where workers need long to start.
    tolerated: 50,
    fitness: (x, signal) => runtime.run(fitness, new Float64Array(x), { signal, attempts: 1 }),
    onEvaluation: (_fitness, { evaluations }) => {
      if (evaluations === 60) died = doomed.kill('SIGKILL');
    },
  });
  await died;
  expect(doomed.child.signalCode).toBe('SIGKILL');
  expect(evaluations).toBe(200);
  expect(lost).toBeGreaterThan(0);
  expect(bestFitness).toBeLessThan(20);
}, 60_000);

test('islands on workers, one of which dies: the result of this process', async () => {
  await using server = await startNatsServer();
  const worker = { servers: server.url, silenceMs: 1000, concurrency: 1, tasks: [island.module] };
  await using doomed = await startWorkerProcess({ ...worker, name: 'doomed' });
  await using _other = await startWorkerProcess({ ...worker, name: 'other' });
  await using runtime = await natsRuntime({ servers: server.url });
  const options = { ...rastrigin(4), population: 10, islands: 3, migrateEvery: 3, generations: 12, seed: 4 } as const;
  let died: Promise<void> | undefined;
  const there = await distributedIslands<Float64Array, Float64Array>({
    ...options,
    evolveIsland: async (work, signal) => {
      const state = runtime.run(island, work, { signal });
      if (work.state.generation === 3 && work.island === 0) died = doomed.kill('SIGKILL');
      return (await state) as GeneticState<Float64Array>;
    },
  });
  await died;
  expect(there.state).toEqual((await islands(options)).state);
}, 60_000);
