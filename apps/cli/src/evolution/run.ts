/** An evolution on the command line: optimiser, evaluation here or on a runtime, progress, checkpoints, metrics. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  encodeValue,
  type Journal,
  loadCheckpoint,
  type MetricSink,
  type Metrics,
  type Runtime,
  saveCheckpoint,
  type TaskRecord,
  Type,
  truncateMetrics,
} from '@skein/core';
import {
  createCmaEs,
  createOpenAiEs,
  createSnes,
  evolve,
  type GenerationReport,
  type Nsga2State,
  nsga2,
  type Optimiser,
  type OptimiserName,
  optimisers,
  type ParetoSolution,
  type Reading,
} from '@skein/evolution';
import { builtInTasks } from '../built-in-tasks.ts';
import { type Interrupt, listenForInterrupt } from '../interrupt.ts';
import { openMetricFiles } from '../metric-files.ts';
import { Progress } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';
import { openJournal, openRuntime } from '../runtime.ts';
import { fitnessTask } from './fitness-task.ts';
import { type EvolutionPlan, type EvolveOptions, planOf } from './options.ts';
import { fitnessOf, multiProblemOf, problemOf, startOf } from './subject.ts';

/** How an evolution ended. */
export interface EvolutionOutcome {
  readonly plan: EvolutionPlan;
  /** The best individual, decoded, and its fitness; null with several objectives. */
  readonly best: { readonly value: unknown; readonly fitness: number } | null;
  /** The Pareto front; null with one objective. */
  readonly front: readonly ParetoSolution<unknown>[] | null;
  readonly generations: number;
  readonly evaluations: number;
  readonly stop: string;
}

const STATE = { kind: 'evolution/run', version: 1, schema: Type.Unknown() } as const;
/** Milliseconds between two checkpoints. */
const CHECKPOINT_EVERY_MS = 2000;
/** Steps of policies' weights at the start. */
const POLICY_SIGMA = 0.5;

/** Evaluates decoded individuals of a generation, in their order. */
type EvaluateBatch = (
  values: readonly unknown[],
  generation: number,
  signal: AbortSignal,
) => Promise<(number | number[])[]>;

/** Runs until a rule stops it or the first Ctrl-C (`stop` is then `aborted`), from the folder's checkpoint if it has one. */
export async function runEvolution(folder: RunFolder, options: EvolveOptions): Promise<EvolutionOutcome> {
  const plan = planOf(options);
  await using journal = await openJournal(folder);
  const saved = existsSync(folder.checkpoint) ? loadCheckpoint(folder.checkpoint, STATE) : null;
  truncateMetrics(folder.metrics, saved?.step ?? 0);
  const progress = new Progress({
    title: plan.title,
    unit: 'generations',
    total: plan.generations,
    start: saved?.step ?? 0,
  });
  using interrupt = listenForInterrupt(() => progress.log('stopping after this generation ...'));
  const runtime = await runtimeOf(folder, journal, options, progress);
  const run = new Run(folder, options, plan, progress, interrupt, runtime);
  try {
    return plan.subject.kind === 'front' ? await run.front(saved?.state) : await run.single(saved?.state);
  } finally {
    await run.close();
    await runtime?.close();
  }
}

/** A runtime if the flags ask for threads or workers; else generations are evaluated right here. */
async function runtimeOf(
  folder: RunFolder,
  journal: Journal<TaskRecord>,
  options: EvolveOptions,
  progress: Progress,
): Promise<Runtime | null> {
  if (options.nats === undefined && options.threads === undefined) return null;
  return openRuntime({
    flags: options,
    threads: options.threads ?? 1,
    modules: builtInTasks,
    run: { folder, journal },
    say: (text) => progress.log(text),
  });
}

class Run {
  readonly #folder: RunFolder;
  readonly #options: EvolveOptions;
  readonly #plan: EvolutionPlan;
  readonly #progress: Progress;
  readonly #interrupt: Interrupt;
  readonly #runtime: Runtime | null;
  readonly #sink: MetricSink;
  #savedAt = Date.now();

  constructor(
    folder: RunFolder,
    options: EvolveOptions,
    plan: EvolutionPlan,
    progress: Progress,
    interrupt: Interrupt,
    runtime: Runtime | null,
  ) {
    this.#folder = folder;
    this.#options = options;
    this.#plan = plan;
    this.#progress = progress;
    this.#interrupt = interrupt;
    this.#runtime = runtime;
    this.#sink = openMetricFiles(folder);
  }

  /** One objective. */
  async single(state: unknown): Promise<EvolutionOutcome> {
    const plan = this.#plan;
    const { optimiser, reading } = await optimiserOf(plan, this.#options.seed, state);
    const result = await evolve(optimiser, reading, {
      generations: plan.generations,
      ...(plan.target === undefined ? {} : { target: plan.target }),
      signal: this.#interrupt.signal,
      history: false,
      ...this.#evaluation(() => optimiser.generation),
      onGeneration: (report) => {
        this.#record(report.generation, metricsOf(report), `best ${report.bestEver.toPrecision(6)}`, () =>
          optimiser.state(),
        );
      },
    });
    this.#save(result.generation, result.state);
    const { best: value, bestFitness: fitness, generation: generations, evaluations, stop } = result;
    return { plan, best: { value, fitness }, front: null, generations, evaluations, stop };
  }

  /** Several objectives. */
  async front(state: unknown): Promise<EvolutionOutcome> {
    const plan = this.#plan;
    const { encoding, reference } = multiProblemOf((plan.subject as { name: string }).name);
    let generation = (state as Nsga2State | undefined)?.generation ?? 0;
    const result = await nsga2<unknown, never>({
      encoding: encoding as never,
      reference,
      seed: this.#options.seed,
      generations: plan.generations,
      signal: this.#interrupt.signal,
      ...(plan.population === undefined ? {} : { population: plan.population }),
      ...(state === undefined ? {} : { state: state as Nsga2State<never> }),
      ...(this.#evaluation(() => generation) as { evaluate: never }),
      onGeneration: (report, optimiser) => {
        generation = report.generation;
        const note = `hypervolume ${report.hypervolume.toPrecision(6)}`;
        this.#record(generation, { 'generation/hypervolume': report.hypervolume }, note, () => optimiser.state());
      },
    });
    this.#save(result.generation, result.state);
    const { front, generation: generations, evaluations, stop } = result;
    return { plan, best: null, front, generations, evaluations, stop };
  }

  async close(): Promise<void> {
    await this.#sink.close();
    this.#progress.end();
  }

  #evaluation(generation: () => number) {
    const evaluate = this.#evaluateBatch();
    return {
      evaluate: ({ values, signal }: { values: readonly unknown[]; signal: AbortSignal }) =>
        evaluate(values, generation(), signal) as Promise<number[]>,
    };
  }

  #evaluateBatch(): EvaluateBatch {
    const { subject } = this.#plan;
    const runtime = this.#runtime;
    if (runtime === null) return (values, generation) => fitnessOf(subject, values, generation);
    const { batch } = this.#options;
    return async (values, generation, signal) => {
      const starts = Array.from({ length: Math.ceil(values.length / batch) }, (_, k) => k * batch);
      const inputs = starts.map((start) => ({ subject, generation, values: values.slice(start, start + batch) }));
      // Named by what they are: a run that starts again from a checkpoint finds what was evaluated since.
      const idPrefix = `generation-${generation}-${digestOf(inputs)}`;
      const outcomes = runtime.map(fitnessTask, inputs, { idPrefix });
      return (await unlessAborted(outcomes, signal)).flat(1) as (number | number[])[];
    };
  }

  #record(generation: number, metrics: Metrics, note: string, state: () => unknown): void {
    this.#sink.write(generation, metrics);
    this.#progress.update(generation, note);
    if (Date.now() - this.#savedAt >= CHECKPOINT_EVERY_MS) this.#save(generation, state());
  }

  #save(step: number, state: unknown): void {
    saveCheckpoint(this.#folder.checkpoint, { kind: STATE.kind, version: STATE.version, step, state });
    this.#savedAt = Date.now();
  }
}

const digestOf = (value: unknown): string => createHash('sha256').update(encodeValue(value)).digest('hex').slice(0, 16);

/**
 * The value, unless the signal aborts before. What is being computed goes with its runtime then: a task that were
 * cancelled would stay cancelled for the run that goes on.
 */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  promise.catch(() => undefined);
  return Promise.race([promise, aborted]);
}

const metricsOf = (report: GenerationReport): Metrics => ({
  'generation/best': report.best,
  'generation/mean': report.mean,
  ...(Number.isNaN(report.diversity) ? {} : { 'generation/diversity': report.diversity }),
});

interface Made {
  readonly optimiser: Optimiser;
  readonly reading: Reading<unknown, never>;
}

/** The optimiser of a plan: a new one, or one that goes on from a saved state. */
async function optimiserOf(plan: EvolutionPlan, seed: number, state: unknown): Promise<Made> {
  const common = {
    seed,
    ...(plan.population === undefined ? {} : { population: plan.population }),
    ...(state === undefined ? {} : { state: state as never }),
  };
  if (plan.subject.kind === 'problem') {
    const problem = problemOf(plan.subject.name, plan.subject.size);
    const optimiser = optimisers[plan.algorithm as OptimiserName].create(problem, common);
    return { optimiser, reading: problem.encoding as Reading<unknown, never> };
  }
  const start = await startOf(plan.subject as never);
  const options = { ...common, start, sigma: POLICY_SIGMA, maximise: true };
  const optimiser = (() => {
    switch (plan.algorithm) {
      case 'openai-es':
        return createOpenAiEs({ ...options, sigma: 0.1 });
      case 'snes':
        return createSnes(options);
      default:
        return createCmaEs({ ...options, covariance: plan.algorithm === 'sep-cma-es' ? 'separable' : 'full' });
    }
  })();
  const reading = { decode: (genes: Float64Array) => genes, diversity: () => Number.NaN };
  return { optimiser: optimiser as unknown as Optimiser, reading: reading as unknown as Reading<unknown, never> };
}
