/** The end of a training run on the command line: summary, pictures, and where everything is. */

import { environmentDefinition } from '@skein/rl';
import { sayHowToResume } from './interrupt.ts';
import { type ProgressView, seconds } from './progress.ts';
import { tableOf, writeReport } from './report/write.ts';
import type { RunFolder } from './run-folder.ts';
import { forgetRun } from './runtime.ts';
import { type TrainRun, type TrainSummary, train } from './train-run.ts';

/** Trains, writes summary and report, tells the result, and gives the exit code. */
export async function finishTraining(run: TrainRun): Promise<number> {
  const sentence = await trainToEnd(run);
  if (sentence === null) return sayHowToResume(run.folder);
  console.log(sentence);
  console.log(whereEverythingIs(run.folder));
  return 0;
}

/** Trains and writes summary and report. Gives the result as a sentence; null if the run was stopped. */
export async function trainToEnd(run: TrainRun, part?: ProgressView): Promise<string | null> {
  const { output, evaluation } = await train(run, part);
  if (output === null || evaluation === null) return null;
  const sentence = await writeResults(run, output, evaluation);
  await forgetRun(run.connection, run.folder);
  return `${sentence} (${seconds(output.seconds)})`;
}

async function writeResults(
  run: TrainRun,
  output: NonNullable<TrainSummary['output']>,
  evaluation: NonNullable<TrainSummary['evaluation']>,
): Promise<string> {
  const { folder, config } = run;
  const { solvedAt } = environmentDefinition(config.env);
  const summary = {
    status: output.status,
    steps: output.steps,
    episodes: output.episodes,
    updates: output.updates,
    bestStep: output.bestStep,
    evaluationEpisodes: evaluation.episodes,
    evaluationReturn: evaluation.mean,
    evaluationStd: evaluation.std,
    solved: solvedAt === null ? null : evaluation.mean >= solvedAt,
  };
  const verdict = summary.solved === null ? '' : summary.solved ? ', solved' : `, not solved (that takes ${solvedAt})`;
  const sentence = `${run.algorithm} on ${config.env}: mean return ${evaluation.mean.toFixed(1)} over ${evaluation.episodes} evaluation episodes${verdict}`;
  const title = `${run.algorithm.toUpperCase()} on ${config.env}`;
  const { learningCurve } = await import('@skein/plot');
  await writeReport(folder, {
    title,
    summary: `${sentence}; ${output.steps} steps, ${output.updates} gradient steps.`,
    tables: [tableOf('Result', summary), tableOf('Configuration', config)],
    draw: (rows) =>
      learningCurve(rows, {
        title,
        subtitle: `seed ${config.seed}`,
        x: 'environment steps',
        y: 'return',
        ...(solvedAt === null ? {} : { threshold: solvedAt }),
      }),
  });
  // Last: what has a summary has everything.
  folder.writeJson(folder.summary, summary);
  return sentence;
}

const whereEverythingIs = (folder: RunFolder): string =>
  [
    `report      ${folder.report}`,
    `picture     ${folder.curve}`,
    `metrics     ${folder.metrics}`,
    `best agent  ${folder.agent}`,
    `checkpoint  ${folder.checkpoint}`,
    `watch it    skein watch ${folder.path}`,
    `curves      tensorboard --logdir ${folder.tensorBoard}`,
  ].join('\n');
