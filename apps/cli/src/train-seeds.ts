/**
 * One configuration trained with several seeds: a folder with a run in each `seed-N`, and a summary over them. One seed
 * tells little about an algorithm; the interquartile mean over several, with its interval, is what papers report.
 */

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readMetrics, type Static, Type, writeFileAtomic } from '@skein/core';
import { bootstrapInterval, environmentDefinition } from '@skein/rl';
import { listenForInterrupt, sayHowToResume } from './interrupt.ts';
import { dividedProgress, Progress, type ProgressView } from './progress.ts';
import { tableOf } from './report/write.ts';
import { createRunFolder, RunFolder, readJson } from './run-folder.ts';
import { trainToEnd } from './train-finish.ts';
import { savedStep, type TrainRun } from './train-run.ts';

/** A training run for each of several seeds. `run.folder` is the folder around theirs, `run.config.seed` the first seed. */
export interface SeedsRun extends TrainRun {
  readonly seeds: number;
  /** Several at a time: as many as there are cores, or, with a server, all. */
  readonly parallel: boolean;
}

/** What is read of each run's summary. */
const SeedSummary = Type.Object({ steps: Type.Integer(), evaluationReturn: Type.Number() });
type SeedResult = Static<typeof SeedSummary> & { readonly seed: number; readonly folder: RunFolder };

/** Trains every seed that has not ended, writes summary and report, tells the result, and gives the exit code. */
export async function trainSeeds(run: SeedsRun): Promise<number> {
  const runs = Array.from({ length: run.seeds }, (_, i) => runOfSeed(run, run.config.seed + i));
  if (!(await trainAll(run, runs))) return sayHowToResume(run.folder);
  const results = runs.map(({ folder, config }) => ({
    seed: config.seed,
    folder,
    ...readJson(SeedSummary, folder.summary, 'delete its folder to train this seed again'),
  }));
  await writeResults(run, results);
  return 0;
}

/** The run of one seed; its folder is made if it is not there yet. */
function runOfSeed(run: SeedsRun, seed: number): TrainRun {
  const { algorithm, backend, connection } = run;
  const config = { ...run.config, seed };
  const path = join(run.folder.path, `seed-${seed}`);
  const folder = existsSync(path)
    ? new RunFolder(path)
    : createRunFolder(path, path, { kind: 'train', name: algorithm, config: { ...config, backend } });
  return { folder, algorithm, config, backend, connection };
}

/** Trains what has not ended, a few at a time. False if it was stopped. */
async function trainAll(run: SeedsRun, runs: readonly TrainRun[]): Promise<boolean> {
  const total = run.config.steps * runs.length;
  const start = runs.reduce((sum, { folder }) => sum + savedStep(folder), 0);
  const title = `${run.algorithm} on ${run.config.env}, ${runs.length} seeds`;
  const progress = new Progress({ title, unit: 'steps', total, start });
  const parts = dividedProgress(
    progress,
    runs.map(({ config }) => `seed ${config.seed}`),
  );
  runs.forEach(({ folder }, i) => {
    parts[i]!.update(savedStep(folder));
  });
  using interrupt = listenForInterrupt(() => undefined);
  const waiting = runs.map((one, i) => ({ one, part: parts[i]! })).filter(({ one }) => !existsSync(one.folder.summary));
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !interrupt.signal.aborted; item = waiting.shift()) {
      await trainOne(item.one, item.part);
    }
  };
  const atATime = run.parallel ? (run.connection.nats === undefined ? availableParallelism() : runs.length) : 1;
  await Promise.all(Array.from({ length: Math.min(atATime, runs.length) }, next));
  progress.end();
  return runs.every(({ folder }) => existsSync(folder.summary));
}

async function trainOne(run: TrainRun, part: ProgressView): Promise<void> {
  const sentence = await trainToEnd(run, part);
  if (sentence === null) return;
  part.update(run.config.steps);
  part.log(sentence);
}

async function writeResults(run: SeedsRun, results: readonly SeedResult[]): Promise<void> {
  const { folder, algorithm, config } = run;
  const returns = results.map((result) => result.evaluationReturn);
  const { value, low, high } = bootstrapInterval(returns);
  const best = results.reduce((a, b) => (b.evaluationReturn > a.evaluationReturn ? b : a));
  const { solvedAt } = environmentDefinition(config.env);
  writeFileAtomic(folder.agent, readFileSync(best.folder.agent));
  const text = `interquartile mean return ${value.toFixed(1)}, 95 % interval ${low.toFixed(1)} to ${high.toFixed(1)}`;
  await writePage(run, results, text);
  // Last: what has a summary has everything.
  folder.writeJson(folder.summary, {
    interquartileMean: value,
    interval: [low, high],
    confidence: 0.95,
    bestSeed: best.seed,
    solved: solvedAt === null ? null : returns.filter((one) => one >= solvedAt).length,
    seeds: results.map(({ seed, steps, evaluationReturn }) => ({ seed, steps, evaluationReturn })),
  });
  console.log(`${algorithm} on ${config.env}, ${results.length} seeds: ${text}`);
  console.log(
    `report      ${folder.report}\nbest agent  ${folder.agent} (seed ${best.seed})\nruns        ${join(folder.path, 'seed-*')}`,
  );
}

/** `curve.svg` and `report.html`. The drawing library is loaded only now: it is large. */
async function writePage(run: SeedsRun, results: readonly SeedResult[], text: string): Promise<void> {
  const { folder, algorithm, config } = run;
  const { seedsCurve } = await import('./report/seeds-curve.ts');
  const { reportPage } = await import('./report/page.ts');
  const { solvedAt } = environmentDefinition(config.env);
  const title = `${algorithm.toUpperCase()} on ${config.env}`;
  const curve = await seedsCurve(
    results.map((result) => readMetrics(result.folder.metrics)),
    {
      title,
      subtitle: `seeds ${results[0]!.seed} to ${results.at(-1)!.seed}`,
      x: 'environment steps',
      y: 'return',
      ...(solvedAt === null ? {} : { threshold: solvedAt }),
    },
  );
  writeFileAtomic(folder.curve, curve);
  const bySeed = results.map(
    ({ seed, steps, evaluationReturn }) => [`seed ${seed}`, `${evaluationReturn} after ${steps} steps`] as const,
  );
  const tables = [{ heading: 'Return of each seed', rows: bySeed }, tableOf('Configuration', config)];
  writeFileAtomic(folder.report, reportPage({ title, summary: `${text}.`, figures: [curve], tables }));
}
