/** Runs of the regret benchmark, kept as JSON lines: what was run once is never run again. */

import { fileURLToPath } from 'node:url';
import { createOptimizer, type OptimizerOptions, type Space } from '@skein/bayesopt';
import { pythonWith } from '../harness.ts';
import { appendLine, readLines } from './json-lines.ts';
import { type LineProcess, startPython } from './line-process.ts';
import { type BlackBox, PROBLEMS } from './problems.ts';

/** Starting points that all sides share in a seed. */
export const STARTS = 10;

/** Our sides. */
const OURS: Readonly<Record<string, Partial<OptimizerOptions>>> = {
  'skein gp': {},
  'skein gp, deterministic': { deterministic: true },
  'skein tpe': { method: 'tpe' },
  random: { method: 'random' },
};

/** Sides of peers.py, and the modules that each needs. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  'optuna gp': ['optuna', 'torch'],
  'optuna tpe': ['optuna'],
  botorch: ['botorch'],
  'botorch, low noise': ['botorch'],
  hebo: ['hebo'],
};

const LEARNER_MODULES = ['sklearn'];

export const SIDES: readonly string[] = [...Object.keys(OURS), ...Object.keys(PEERS)];

/** One run: outcomes in order, and the processor time that the optimiser took. */
export interface Run {
  readonly problem: string;
  readonly side: string;
  readonly seed: number;
  readonly values: readonly number[];
  readonly seconds: number;
}

export interface Plan {
  readonly problems: readonly string[];
  readonly sides: readonly string[];
  readonly seeds: number;
  readonly trials: number;
}

const FILE = fileURLToPath(new URL('../../runs/regret.jsonl', import.meta.url));

/** The runs so far, a longer one in the place of a shorter one. */
export function knownRuns(): Map<string, Run> {
  const runs = new Map<string, Run>();
  for (const run of readLines<Run>(FILE)) {
    if (run.values.length > (runs.get(keyOf(run))?.values.length ?? 0)) runs.set(keyOf(run), run);
  }
  return runs;
}

export const keyOf = ({ problem, side, seed }: Pick<Run, 'problem' | 'side' | 'seed'>): string =>
  `${problem}/${side}/${seed}`;

/** Does what is missing of a plan, seed by seed, so that a part of it is a fair comparison already. */
export async function runMissing(plan: Plan, say: (text: string) => void): Promise<void> {
  const known = knownRuns();
  await using tools = new Tools();
  for (let seed = 0; seed < plan.seeds; seed++) {
    for (const problem of PROBLEMS.filter(({ name }) => plan.problems.includes(name))) {
      const evaluate = (values: Values) => problem.evaluate(values, tools.learners);
      // All sides begin alike, so costly starts are evaluated once.
      let starts: Promise<readonly Start[]> | null = null;
      for (const side of plan.sides) {
        const before = known.get(keyOf({ problem: problem.name, side, seed }));
        if ((before?.values.length ?? 0) >= plan.trials) continue;
        if (!tools.has(side, problem)) continue;
        const began = performance.now();
        starts ??= startsOf(problem, seed, evaluate);
        const run = await oneRun(problem, side, seed, plan.trials, await starts, evaluate, tools);
        appendLine(FILE, run);
        const took = ((performance.now() - began) / 1000).toFixed(1);
        say(`${problem.name}, ${side}, seed ${seed}: ${took} s, ${run.seconds.toFixed(1)} of them the optimiser's`);
      }
    }
  }
}

type Values = Readonly<Record<string, unknown>>;
type Evaluate = (values: Values) => number | Promise<number>;

/** The Python programs, started when they are first needed. */
class Tools implements AsyncDisposable {
  readonly #running = new Map<string, LineProcess>();
  readonly #pythons = new Map<string, string | null>();

  has(side: string, { learner }: BlackBox): boolean {
    return (
      (!(side in PEERS) || this.#python(PEERS[side]!) !== null) && (!learner || this.#python(LEARNER_MODULES) !== null)
    );
  }

  /** The program that plays a side. */
  peer(side: string): LineProcess {
    return this.#program('./peers.py', PEERS[side]!);
  }

  readonly learners = (): LineProcess => this.#program('./learners.py', LEARNER_MODULES);

  #python(modules: readonly string[]): string | null {
    const key = modules.join();
    if (!this.#pythons.has(key)) this.#pythons.set(key, pythonWith(...modules));
    return this.#pythons.get(key)!;
  }

  #program(file: string, modules: readonly string[]): LineProcess {
    const python = this.#python(modules)!;
    const key = `${python} ${file}`;
    const program = this.#running.get(key) ?? startPython(python, new URL(file, import.meta.url));
    this.#running.set(key, program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#running.values()) await program[Symbol.asyncDispose]();
  }
}

interface Start {
  readonly values: Values;
  readonly value: number;
}

async function startsOf({ space }: BlackBox, seed: number, evaluate: Evaluate): Promise<readonly Start[]> {
  const design = createOptimizer(space, { method: 'sobol', seed });
  const starts: Start[] = [];
  for (let i = 0; i < STARTS; i++) {
    // What does not take part is left out.
    const given = Object.entries(design.ask().values).filter(([, value]) => value !== undefined);
    const values = Object.fromEntries(given);
    starts.push({ values, value: await evaluate(values) });
  }
  return starts;
}

async function oneRun(
  problem: BlackBox,
  side: string,
  seed: number,
  trials: number,
  starts: readonly Start[],
  evaluate: Evaluate,
  tools: Tools,
): Promise<Run> {
  const ours = OURS[side];
  const rest =
    ours === undefined
      ? await peerRun(problem, side, seed, trials, starts, evaluate, tools.peer(side))
      : await ourRun(problem, ours, seed, trials, starts, evaluate);
  const values = [...starts.map(({ value }) => value), ...rest.values];
  return { problem: problem.name, side, seed, values, seconds: rest.seconds };
}

type Rest = Pick<Run, 'values' | 'seconds'>;

async function ourRun(
  { space }: BlackBox,
  options: Partial<OptimizerOptions>,
  seed: number,
  trials: number,
  starts: readonly Start[],
  evaluate: Evaluate,
): Promise<Rest> {
  const optimizer = createOptimizer<Space>(space, { ...options, seed, initialTrials: 0 });
  for (const { values, value } of starts) optimizer.add(values, value);
  const values: number[] = [];
  let microseconds = 0;
  while (values.length < trials - starts.length) {
    const before = process.cpuUsage();
    const trial = optimizer.ask();
    const { user, system } = process.cpuUsage(before);
    microseconds += user + system;
    values.push(await evaluate(trial.values));
    optimizer.tell(trial.id, values.at(-1)!);
  }
  return { values, seconds: microseconds / 1e6 };
}

async function peerRun(
  { space }: BlackBox,
  side: string,
  seed: number,
  trials: number,
  starts: readonly Start[],
  evaluate: Evaluate,
  peers: LineProcess,
): Promise<Rest> {
  peers.send({ side, space: describe(space), starts, trials, seed });
  const values: number[] = [];
  for (;;) {
    const said = (await peers.receive()) as { readonly values: Values } | { readonly seconds: number };
    if ('seconds' in said) return { values, seconds: said.seconds };
    values.push(await evaluate(said.values));
    peers.send({ value: values.at(-1) });
  }
}

/** A space as the Python side reads it. */
const describe = (space: Space): object[] =>
  Object.entries(space).map(([name, dimension]) => {
    const [low, high] = [dimension.fromUnit(0), dimension.fromUnit(1)];
    const count = dimension.cardinality;
    const names = typeof low !== 'number';
    const middle = dimension.fromUnit(0.5);
    const isLog = typeof middle === 'number' && Math.abs(middle - Math.sqrt(Number(low) * Number(high))) < 1e-9;
    const kind = names ? 'categorical' : Number.isFinite(count) ? 'integer' : isLog ? 'logReal' : 'real';
    const range = names
      ? { choices: Array.from({ length: count }, (_, k) => dimension.fromUnit((k + 0.5) / count)) }
      : { low, high };
    return { name, kind, ...range, ...dimension.condition };
  });
