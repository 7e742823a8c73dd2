/** `skein tune`: Bayesian optimisation of an algorithm's options; each trial is one or more training runs. */

import { METHODS } from '@skein/bayesopt';
import { configure, parse, SkeinError, Type } from '@skein/core';
import { algorithms } from '@skein/rl';
import { REPEAT } from '../args.ts';
import { defineCommand } from '../command.ts';
import { readSpace } from '../dimension-text.ts';
import { createRunFolder, type RunFolder } from '../run-folder.ts';
import { type ConnectionFlags, connectionFlags } from '../runtime.ts';
import { OBJECTIVES, PRUNERS, runStudyOfTraining, type TuneRun } from '../tune-run.ts';
import { algorithmOptions, checkEnvironmentFlag, ownOptions, runFlags } from './train.ts';

const studyFlags = {
  param: Type.Array(Type.String(), {
    ...REPEAT,
    default: [],
    description:
      "NAME=DIMENSION to search, e.g. 'learningRate=log(1e-5,1e-2)'; also real, integer, choice; repeat for more",
  }),
  trials: Type.Integer({ minimum: 1, default: 30, description: 'trials in all' }),
  seedsPerTrial: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'training runs of a trial, with seeds from --seed on; their mean counts',
  }),
  parallel: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'trials at a time; with more than one, results depend on which ends first',
  }),
  objective: Type.Union(
    Object.keys(OBJECTIVES).map((name) => Type.Literal(name)),
    {
      default: 'best',
      description: 'what a trial is judged by: its best evaluation, its last one, or the steps until it stopped',
    },
  ),
  method: Type.Union(
    METHODS.map(({ name }) => Type.Literal(name)),
    { default: 'gp', description: 'how trials are chosen' },
  ),
  pruner: Type.Union(
    Object.keys(PRUNERS).map((name) => Type.Literal(name)),
    { default: 'none', description: 'stops trials early whose evaluations look poor' },
  ),
};

export const tune = defineCommand({
  name: 'tune',
  summary: "search an algorithm's options by Bayesian optimisation",
  positionals: [{ name: 'algorithm', description: 'what to tune', required: true, choices: Object.keys(algorithms) }],
  options: ([name]) =>
    Type.Object(
      {
        ...studyFlags,
        ...algorithmOptions(name),
        out: Type.Optional(Type.String({ description: 'folder of the study (default runs/ENV-ALGORITHM-tune-N)' })),
        ...runFlags,
      },
      { additionalProperties: false },
    ),
  examples: [
    "skein tune dqn --trials 30 --param 'learningRate=log(1e-5,1e-2)' --param 'explorationFraction=real(0.05,0.5)'",
    "skein tune dqn --objective steps --stop-at-return 475 --param 'hiddenUnits=choice(32;32,64;64)' --nats nats://127.0.0.1:4222 --parallel 4",
  ],
  run: async ({ positionals: [name], options }) => {
    const algorithm = name as string;
    const { out, ...given } = options as Record<string, unknown> & { out?: string; param: string[] };
    const config = ownOptions(algorithm, given) as TuneRun['config'];
    checkEnvironmentFlag(algorithm, config.env);
    if (given['objective'] === 'steps' && given['pruner'] !== 'none') {
      throw new SkeinError('CONFIG', `--pruner: expected none with --objective steps, got ${given['pruner']}`);
    }
    readSpace(given.param, algorithms[algorithm as keyof typeof algorithms].config);
    const folder = createRunFolder(out, `${config.env}-${algorithm}-tune`, {
      kind: 'tune',
      name: algorithm,
      config: given,
    });
    return runStudyOfTraining(tuneRun(folder, algorithm, given));
  },
});

/** Continues a study from its folder. */
export function resumeStudy(
  folder: RunFolder,
  name: string,
  saved: unknown,
  connection: ConnectionFlags,
): Promise<number> {
  const { nats: _nats, ...kept } = saved as Record<string, unknown>;
  return runStudyOfTraining(tuneRun(folder, name, { ...kept, ...connection }));
}

const Study = Type.Object(studyFlags);

function tuneRun(folder: RunFolder, algorithm: string, given: Readonly<Record<string, unknown>>): TuneRun {
  const study = parse(Study, given, { what: folder.manifest });
  const schema = algorithms[algorithm as keyof typeof algorithms].config;
  const own = configure(schema, [
    { values: ownOptions(algorithm, given), label: (option) => `${folder.manifest}: ${option}` },
  ]);
  const flags = Object.keys(connectionFlags).filter((flag) => given[flag] !== undefined);
  return {
    folder,
    algorithm,
    schema,
    config: own,
    space: readSpace(study.param, schema),
    trials: study.trials,
    seedsPerTrial: study.seedsPerTrial,
    parallel: study.parallel,
    objective: study.objective as TuneRun['objective'],
    method: study.method,
    pruner: study.pruner as TuneRun['pruner'],
    backend: given['backend'] as TuneRun['backend'],
    connection: Object.fromEntries(flags.map((flag) => [flag, given[flag]])),
  };
}
