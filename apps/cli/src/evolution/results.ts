/** What an evolution leaves behind and tells: summary, pictures, the agent of an evolved policy. */

import { writeFileAtomic } from '@skein/core';
import { decode, describeXSquared, xSquaredRun } from '@skein/evolution';
import { agentBytes, decodeAgent, environmentDefinition, evaluate } from '@skein/rl';
import { grouped } from '../progress.ts';
import { tableOf, writeReport } from '../report/write.ts';
import type { RunFolder } from '../run-folder.ts';
import type { EvolveOptions } from './options.ts';
import type { EvolutionOutcome } from './run.ts';
import { agentOf, multiProblemOf, problemOf } from './subject.ts';

/** Episodes of an evolved policy's final evaluation. */
const FINAL_EPISODES = 100;

/** Writes summary, report and agent, and prints where they are. */
export async function writeEvolution(
  folder: RunFolder,
  options: EvolveOptions,
  outcome: EvolutionOutcome,
): Promise<void> {
  const { plan, generations, evaluations, stop } = outcome;
  const result = await resultOf(folder, options, outcome);
  if (options.explain ?? isTextbookRun(options, outcome)) console.log(storyOf(options, generations));
  const summary = { ...result.summary, generations, evaluations, stop };
  const sentence = `${plan.title}: ${result.sentence} after ${grouped(generations)} generations and ${grouped(evaluations)} evaluations`;
  await writeReport(folder, {
    title: plan.title,
    summary: sentence,
    tables: [tableOf('Result', summary), tableOf('Configuration', options)],
    draw: (rows) => draw(outcome, rows, options.seed),
  });
  // Last: what has a summary has everything.
  folder.writeJson(folder.summary, summary);
  console.log([sentence, ...result.lines].join('\n'));
  console.log(`report   ${folder.report}\npicture  ${folder.curve}\nmetrics  ${folder.metrics}`);
}

interface Result {
  readonly summary: Readonly<Record<string, unknown>>;
  readonly sentence: string;
  readonly lines: readonly string[];
}

async function resultOf(
  folder: RunFolder,
  options: EvolveOptions,
  { plan, best, front }: EvolutionOutcome,
): Promise<Result> {
  const { subject } = plan;
  if (subject.kind === 'front') return frontResult(folder, subject.name, front ?? []);
  if (best === null) throw new Error('one objective without a best individual');
  if (subject.kind === 'policy')
    return policyResult(folder, options, await agentOf(subject, best.value as Float64Array));
  const { optimum } = problemOf(subject.name, subject.size);
  return {
    summary: { best: showValue(best.value), fitness: best.fitness, optimum },
    sentence: `best fitness ${format(best.fitness)} (optimum ${format(optimum)})`,
    lines: [`best: ${showValue(best.value)}`],
  };
}

async function policyResult(
  folder: RunFolder,
  options: EvolveOptions,
  parts: Awaited<ReturnType<typeof agentOf>>,
): Promise<Result> {
  const bytes = agentBytes(parts);
  writeFileAtomic(folder.agent, bytes);
  const { mean, std, episodes } = await evaluate(decodeAgent(bytes), { episodes: FINAL_EPISODES, seed: options.seed });
  const { solvedAt } = environmentDefinition(parts.env);
  const verdict = solvedAt === null ? '' : mean >= solvedAt ? ', solved' : `, not solved (that takes ${solvedAt})`;
  return {
    summary: {
      evaluationReturn: mean,
      evaluationStd: std,
      evaluationEpisodes: episodes,
      solved: solvedAt === null ? null : mean >= solvedAt,
    },
    sentence: `mean return ${mean.toFixed(1)} over ${episodes} evaluation episodes${verdict}`,
    lines: [`agent    ${folder.agent}  (skein evaluate ${folder.path})`],
  };
}

function frontResult(folder: RunFolder, name: string, front: NonNullable<EvolutionOutcome['front']>): Result {
  const path = folder.front;
  folder.writeJson(
    path,
    front.map(({ objectives, value }) => ({ objectives, value: Array.from(value as ArrayLike<number>) })),
  );
  const { bestHypervolume } = multiProblemOf(name);
  return {
    summary: { solutions: front.length, bestHypervolume },
    sentence: `a front of ${front.length} solutions`,
    lines: [`front    ${path}`],
  };
}

async function draw(
  { plan, front }: EvolutionOutcome,
  rows: Parameters<typeof import('@skein/plot').evolutionCurve>[0],
  seed: number,
): Promise<string> {
  const { evolutionCurve, frontPicture } = await import('@skein/plot');
  const text = { title: plan.title, subtitle: `seed ${seed}` };
  if (front === null) return evolutionCurve(rows, { ...text, x: 'generation', y: 'fitness' });
  const known = multiProblemOf((plan.subject as { name: string }).name).front(200);
  return frontPicture(
    front.map(({ objectives }) => objectives as [number, number]),
    known,
    { ...text, x: 'first objective', y: 'second objective' },
  );
}

const isTextbookRun = (options: EvolveOptions, { plan }: EvolutionOutcome): boolean =>
  plan.subject.kind === 'problem' &&
  plan.subject.name === 'x-squared' &&
  plan.algorithm === 'genetic-algorithm' &&
  options.env === undefined;

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
    ? Array.from(value as Float64Array, (x) => Number(x.toPrecision(4))).join(', ')
    : String(value);
};
