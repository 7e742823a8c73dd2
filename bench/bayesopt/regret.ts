/**
 * Simple regret against BoTorch, Optuna, HEBO and random search: the same black boxes, budgets and starting points. Runs are
 * kept in runs/regret.jsonl, and only missing ones are run; the whole takes hours, so it may be done in parts:
 *
 *   node bench/bayesopt/regret.ts --seeds 20 --trials 100 [--problems branin,hartmann-6] [--sides 'skein gp;optuna gp']
 *   node bench/bayesopt/regret.ts --known    (the table of what was run, nothing more)
 *   node bench/run.ts bayesopt/regret --write
 */

import { parseArgs } from 'node:util';
import { type Benchmark, markdownTable, type Row, significant } from '../harness.ts';
import { PROBLEMS } from './problems.ts';
import { keyOf, knownRuns, type Plan, type Run, runMissing, SIDES, STARTS } from './regret-runs.ts';

const MARKS = [20, 50, 100];
const MAIN = 'skein gp';

/** Best value after a number of trials; null for shorter runs. */
const bestAt = ({ values }: Run, mark: number): number | null =>
  values.length < mark ? null : Math.min(...values.slice(0, mark));

const sortedNumbers = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

function quantile(values: readonly number[], p: number): number {
  const sorted = sortedNumbers(values);
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  return sorted[below]! + (at - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}

/** Regrets of a side at a mark, one a seed. */
function regrets(runs: readonly Run[], mark: number, minimum: number): number[] {
  return runs.flatMap((run) => {
    const best = bestAt(run, mark);
    return best === null ? [] : [Math.max(0, best - minimum)];
  });
}

/** Median and quartiles, and of how many seeds where not all have got as far. */
const cell = (values: readonly number[], seeds: number): string => {
  if (values.length === 0) return 'not run';
  const at = (p: number): string => quantile(values, p).toPrecision(2);
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})${values.length < seeds ? `, ${values.length} seeds` : ''}`;
};

const countBelow = (values: readonly number[], limit: number): string =>
  values.length === 0 ? 'not run' : `${values.filter((value) => value < limit).length} of ${values.length}`;

interface Side {
  readonly name: string;
  readonly runs: readonly Run[];
}

/** The rows of a problem: one a side. */
function problemRows(problem: string, minimum: number, sides: readonly Side[]): Row[] {
  return sides.map(({ name, runs }) => ({
    problem,
    side: name,
    seeds: runs.length,
    ...Object.fromEntries(MARKS.map((mark) => [`regret at ${mark}`, cell(regrets(runs, mark, minimum), runs.length)])),
    ...(problem === 'hartmann-6' ? { 'under 0.02 at 60': countBelow(regrets(runs, 60, minimum), 0.02) } : {}),
    'processor ms a suggestion': significant(
      quantile(
        runs.map(({ seconds, values }) => (1000 * seconds) / (values.length - STARTS)),
        0.5,
      ),
    ),
  }));
}

/** With fewer seeds in common, medians are luck. */
const LEAST_SEEDS = 5;

/**
 * Whether the median regret of the default at the mark is not above that of any peer, each over the seeds that both have
 * run; null if there is no such peer.
 */
function isNotWorse(minimum: number, sides: readonly Side[], mark: number): boolean | null {
  const ours = sides.find(({ name }) => name === MAIN)?.runs ?? [];
  const verdicts = sides.flatMap(({ name, runs }) => {
    if (name.startsWith('skein')) return [];
    const pairs = runs.flatMap((theirs): (readonly [number, number])[] => {
      const own = ours.find(({ seed }) => seed === theirs.seed);
      const [a, b] = [own === undefined ? null : bestAt(own, mark), bestAt(theirs, mark)];
      return a === null || b === null ? [] : [[a - minimum, b - minimum]];
    });
    if (pairs.length < LEAST_SEEDS) return [];
    const median = (side: 0 | 1): number =>
      quantile(
        pairs.map((pair) => pair[side]),
        0.5,
      );
    // Equal up to the last digits, as on problems of integers and names.
    return [median(0) <= median(1) + 1e-9];
  });
  return verdicts.length === 0 ? null : verdicts.every(Boolean);
}

/** The table of all runs of a plan. */
function tableOf(plan: Plan): Row[] {
  const known = knownRuns();
  const rows: Row[] = [];
  const verdicts = MARKS.map((mark) => ({ mark, all: [] as boolean[] }));
  for (const problem of PROBLEMS.filter(({ name }) => plan.problems.includes(name))) {
    const sides = plan.sides.flatMap((name): Side[] => {
      const runs = Array.from({ length: plan.seeds }, (_, seed) =>
        known.get(keyOf({ problem: problem.name, side: name, seed })),
      );
      const found = runs.filter((run) => run !== undefined);
      return found.length === 0 ? [] : [{ name, runs: found }];
    });
    const seen = sides.flatMap(({ runs }) => runs.flatMap(({ values }) => values));
    const minimum = problem.minimum ?? Math.min(...seen);
    rows.push(...problemRows(problem.name, minimum, sides));
    for (const { mark, all } of verdicts) {
      const verdict = isNotWorse(minimum, sides, mark);
      if (verdict !== null) all.push(verdict);
    }
  }
  const share = (all: readonly boolean[]): string => `${all.filter(Boolean).length} of ${all.length}`;
  rows.push({
    problem: 'not worse than any peer',
    side: MAIN,
    ...Object.fromEntries(verdicts.map(({ mark, all }) => [`regret at ${mark}`, share(all)])),
  });
  return rows;
}

const everything: Plan = { problems: PROBLEMS.map(({ name }) => name), sides: SIDES, seeds: 20, trials: 100 };
const quickPlan: Plan = { problems: ['branin', 'conditional'], sides: SIDES, seeds: 2, trials: 20 };

export const benchmark: Benchmark = {
  claim:
    'Median regret (and quartiles) over 20 seeds, ten common starting points each: after 50 evaluations the default is not worse than the best of BoTorch, Optuna and HEBO on four problems of five.',
  run: async ({ quick }) => {
    const plan = quick ? quickPlan : everything;
    await runMissing(plan, (text) => console.error(text));
    return tableOf(plan);
  },
};

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      trials: { type: 'string', default: '100' },
      problems: { type: 'string', default: everything.problems.join(',') },
      sides: { type: 'string', default: SIDES.join(';') },
      known: { type: 'boolean', default: false },
    },
  });
  const plan: Plan = {
    problems: values.problems.split(','),
    sides: values.sides.split(/[;]/),
    seeds: Number(values.seeds),
    trials: Number(values.trials),
  };
  if (!values.known) await runMissing(plan, (text) => console.error(text));
  console.log(markdownTable(tableOf(plan)));
}
