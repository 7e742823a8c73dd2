/** `skein evolve`: the genetic algorithm on a built-in problem. */

import { existsSync } from 'node:fs';
import { loadCheckpoint, type Metrics, parse, type Static, saveCheckpoint, Type, truncateMetrics } from '@skein/core';
import {
  decode,
  describeXSquared,
  type EvolutionResult,
  type GenerationReport,
  type GeneticState,
  geneticAlgorithm,
  type Problem,
  type ProblemEntry,
  type ProblemName,
  problems,
  xSquaredRun,
} from '@skein/evolution';
import { defineCommand } from '../command.ts';
import { listenForInterrupt, sayHowToResume } from '../interrupt.ts';
import { openMetricFiles } from '../metric-files.ts';
import { grouped, Progress } from '../progress.ts';
import { tableOf, writeReport } from '../report/write.ts';
import { createRunFolder, type RunFolder } from '../run-folder.ts';

const names = Object.keys(problems) as ProblemName[];

export const EvolveOptions = Type.Object(
  {
    problem: Type.Union(
      names.map((name) => Type.Literal(name)),
      { default: 'x-squared', description: 'what to optimise' },
    ),
    size: Type.Optional(Type.Integer({ minimum: 1, description: "bits or dimensions; the problem's own if left out" })),
    population: Type.Optional(Type.Integer({ minimum: 2, description: "individuals; the problem's own if left out" })),
    generations: Type.Optional(Type.Integer({ minimum: 1, description: "generations; the problem's own if left out" })),
    seed: Type.Integer({ minimum: 0, default: 7, description: 'seed of all randomness' }),
    explain: Type.Optional(
      Type.Boolean({ description: 'print every generation of x-squared: wheel, mates, cuts, flips' }),
    ),
    out: Type.Optional(Type.String({ description: 'folder of the run (default runs/PROBLEM-ga-N)' })),
  },
  { additionalProperties: false },
);

type EvolveOptions = Static<typeof EvolveOptions>;
type State = GeneticState;
type Result = EvolutionResult<unknown, State>;

/** Milliseconds between two checkpoints. */
const CHECKPOINT_EVERY_MS = 2000;
const STATE = { kind: 'evolution/genetic-algorithm', version: 1, schema: Type.Unknown() } as const;

export const evolve = defineCommand({
  name: 'evolve',
  summary: 'run the genetic algorithm on a built-in problem',
  positionals: [],
  options: () => EvolveOptions,
  examples: [
    'skein evolve --problem x-squared',
    'skein evolve --problem rastrigin --size 5 --generations 300 --seed 1',
  ],
  run: async ({ options }) => {
    const { out, ...config } = options;
    const folder = createRunFolder(out, `${config.problem}-ga`, { kind: 'evolve', name: config.problem, config });
    return runEvolution(folder, config);
  },
});

/** Continues an evolution from its folder's checkpoint; from the start if it was killed before the first one. */
export async function resumeEvolution(folder: RunFolder, config: unknown): Promise<number> {
  const options = parse(EvolveOptions, config, { what: folder.manifest });
  const saved = existsSync(folder.checkpoint) ? loadCheckpoint(folder.checkpoint, STATE) : null;
  truncateMetrics(folder.metrics, saved?.step ?? 0);
  return runEvolution(folder, options, saved?.state as State | undefined);
}

async function runEvolution(folder: RunFolder, options: EvolveOptions, state?: State): Promise<number> {
  const entry: ProblemEntry = problems[options.problem];
  const problem = entry.create(options.size);
  const generations = options.generations ?? entry.generations;
  const progress = new Progress({
    title: `genetic algorithm on ${problem.name}`,
    unit: 'generations',
    total: generations,
    start: state?.generation ?? 0,
  });
  using interrupt = listenForInterrupt(() => progress.log('stopping after this generation ...'));
  const sink = openMetricFiles(folder);
  let savedAt = Date.now();
  const result: Result = await geneticAlgorithm({
    ...problem,
    population: options.population ?? entry.population,
    generations,
    target: problem.optimum,
    seed: options.seed,
    history: false,
    signal: interrupt.signal,
    ...(state === undefined ? {} : { state }),
    onGeneration: (report, optimiser) => {
      sink.write(report.generation, metricsOf(report));
      progress.update(report.generation, `best ${format(report.bestEver)}`);
      if (Date.now() - savedAt < CHECKPOINT_EVERY_MS) return;
      save(folder, report.generation, optimiser.state());
      savedAt = Date.now();
    },
  });
  await sink.close();
  progress.end();
  save(folder, result.generation, result.state);
  if (result.stop === 'aborted') return sayHowToResume(folder);
  await finish(folder, options, problem, result);
  return 0;
}

const save = (folder: RunFolder, step: number, state: State): void =>
  saveCheckpoint(folder.checkpoint, { kind: STATE.kind, version: STATE.version, step, state });

const metricsOf = (report: GenerationReport): Metrics => ({
  'generation/best': report.best,
  'generation/mean': report.mean,
  ...(Number.isNaN(report.diversity) ? {} : { 'generation/diversity': report.diversity }),
});

async function finish(folder: RunFolder, options: EvolveOptions, problem: Problem, result: Result): Promise<void> {
  const explained = options.problem === 'x-squared' && (options.explain ?? true);
  if (explained) console.log(storyOf(options, result.generation));
  const summary = {
    best: showValue(result.best),
    fitness: result.bestFitness,
    optimum: problem.optimum,
    generations: result.generation,
    evaluations: result.evaluations,
    stop: result.stop,
  };
  folder.writeJson(folder.summary, summary);
  const sentence = `${problem.name}: best fitness ${format(result.bestFitness)} (optimum ${format(problem.optimum)}) after ${result.generation} generations and ${grouped(result.evaluations)} evaluations`;
  const { evolutionCurve } = await import('../report/curves.ts');
  await writeReport(folder, {
    title: `Genetic algorithm on ${problem.name}`,
    summary: sentence,
    tables: [tableOf('Result', summary), tableOf('Configuration', options)],
    draw: (rows) =>
      evolutionCurve(rows, {
        title: `Genetic algorithm on ${problem.name}`,
        subtitle: `seed ${options.seed}`,
        x: 'generation',
        y: 'fitness',
      }),
  });
  console.log(`${sentence}\nbest: ${showValue(result.best)}`);
  console.log(`report   ${folder.report}\npicture  ${folder.curve}\nmetrics  ${folder.metrics}`);
}

/** The run of x-squared, told generation by generation: the same options give the same run. */
const storyOf = (options: EvolveOptions, generations: number): string =>
  xSquaredRun({
    generations,
    seed: options.seed,
    ...(options.size === undefined ? {} : { bits: options.size }),
    ...(options.population === undefined ? {} : { population: options.population }),
  })
    .map(describeXSquared)
    .join('\n\n');

const format = (x: number): string => (Number.isInteger(x) ? grouped(x) : x.toPrecision(6));

const showValue = (value: unknown): string => {
  if (value instanceof Uint8Array)
    return value.length === 5 ? `${value.join('')} (x = ${decode(value)})` : value.join('');
  return ArrayBuffer.isView(value)
    ? Array.from(value as Float64Array, (x) => x.toPrecision(4)).join(', ')
    : String(value);
};
