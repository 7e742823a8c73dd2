/** `skein tune`: Bayesian optimisation of an algorithm's options, each trial one or more training runs; or of one's own. */

import { ACQUISITION_NAMES, type Method, optimizerDefaults } from '@skein/bayesopt';
import { configure, parse, SkeinError, Type } from '@skein/core';
import { algorithms } from '@skein/rl';
import { nearest, REPEAT } from '../args.ts';
import { defineCommand } from '../command.ts';
import { readSpace } from '../dimension-text.ts';
import { createRunFolder, type RunFolder } from '../run-folder.ts';
import { type ConnectionFlags, connectionFlags } from '../runtime.ts';
import { absoluteReference, isModule, objectiveSubject } from '../tune-objective.ts';
import { runStudyOf, STUDY_METHODS } from '../tune-run.ts';
import type { Subject } from '../tune-subject.ts';
import { OBJECTIVES, PRUNERS, type TrainingStudy, trainingSubject } from '../tune-training.ts';
import { algorithmOptions, checkEnvironmentFlag, ownOptions, runFlags } from './train.ts';

const names = Object.keys(algorithms);

/** Flags of every study. */
const studyFlags = {
  param: Type.Array(Type.String(), {
    ...REPEAT,
    default: [],
    description:
      "NAME=DIMENSION to search, e.g. 'learningRate=log(1e-5,1e-2)'; also real, integer, ordinal, choice; repeat for more; a module may have its own space",
  }),
  trials: Type.Integer({ minimum: 1, default: 30, description: 'trials in all' }),
  parallel: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'trials at a time; with more than one, results depend on which ends first',
  }),
  method: Type.Union(
    STUDY_METHODS.map(({ name }) => Type.Literal(name)),
    { default: 'gp', description: 'how trials are chosen' },
  ),
  acquisition: Type.Union(
    ACQUISITION_NAMES.map((name) => Type.Literal(name)),
    { default: optimizerDefaults.acquisition, description: 'what the gp method scores points by' },
  ),
  pruner: Type.Union(
    Object.keys(PRUNERS).map((name) => Type.Literal(name)),
    { default: 'none', description: 'stops trials early whose evaluations look poor' },
  ),
};

/** Flags of studies of training runs alone. */
const trainingFlags = {
  seedsPerTrial: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'training runs of a trial, with seeds from --seed on; their mean counts',
  }),
  objective: Type.Union(
    Object.keys(OBJECTIVES).map((name) => Type.Literal(name)),
    {
      default: 'best',
      description: 'what a trial is judged by: its best evaluation, its last one, or the steps until it stopped',
    },
  ),
};

/** Flags of studies of one's own objectives alone. */
const objectiveFlags = {
  maximise: Type.Boolean({ default: false, description: 'larger values are better (an objective may say so itself)' }),
  seed: Type.Integer({ minimum: 0, default: 0, description: 'seed of the study and of its trials' }),
  lastStep: Type.Integer({
    minimum: 1,
    default: 81,
    description: 'step of the last report of a trial; --pruner hyperband needs it',
  }),
};

const ownFlags = (name: string | undefined) =>
  name !== undefined && isModule(name) ? objectiveFlags : { ...trainingFlags, ...algorithmOptions(name) };

export const tune = defineCommand({
  name: 'tune',
  summary: "search an algorithm's options, or the inputs of your own function, by Bayesian optimisation",
  positionals: [
    {
      name: 'subject',
      description: `an algorithm (${names.join(', ')}), or a module with an objective, such as ./objective.ts or ./objectives.ts#loss`,
      required: true,
    },
  ],
  options: ([name]) =>
    Type.Object(
      {
        ...studyFlags,
        ...ownFlags(name),
        out: Type.Optional(Type.String({ description: 'folder of the study (default runs/NAME-tune-N)' })),
        ...(name !== undefined && isModule(name) ? connectionFlags : runFlags),
      },
      { additionalProperties: false },
    ),
  examples: [
    "skein tune dqn --trials 30 --param 'learningRate=log(1e-5,1e-2)' --param 'explorationFraction=real(0.05,0.5)'",
    "skein tune dqn --objective steps --stop-at-return 475 --param 'hiddenUnits=choice(32;32,64;64)' --nats nats://127.0.0.1:4222 --parallel 4",
    'skein tune ./objective.ts --trials 50',
    "skein tune ./tasks.ts#estimate --param 'x=real(-5,5)' --maximise --nats nats://127.0.0.1:4222",
  ],
  run: async ({ positionals: [given], options }) => {
    const { out, ...flags } = options as Record<string, unknown> & { out?: string };
    const name = isModule(given as string) ? absoluteReference(given as string) : (given as string);
    const subject = await subjectOf(name, flags, 'the command line');
    const base = isModule(name) ? subject.title : subject.title.split(' on ').reverse().join('-');
    const folder = createRunFolder(out, `${base}-tune`, { kind: 'tune', name, config: flags });
    return runStudyOf({ folder, subject, ...studyOf(flags, folder.manifest) });
  },
});

/** Continues a study from its folder. */
export async function resumeStudy(
  folder: RunFolder,
  name: string,
  saved: unknown,
  connection: ConnectionFlags,
): Promise<number> {
  const { nats: _nats, ...kept } = saved as Record<string, unknown>;
  const flags = { ...kept, ...connection };
  const subject = await subjectOf(name, flags, folder.manifest);
  return runStudyOf({ folder, subject, ...studyOf(flags, folder.manifest) });
}

type Flags = Readonly<Record<string, unknown>>;

const Study = Type.Object(studyFlags);

/** How the study goes; `source` says where the flags come from. */
function studyOf(flags: Flags, source: string) {
  const { trials, parallel, method: name, acquisition } = parse(Study, flags, { what: source });
  const method = STUDY_METHODS.find((known) => known.name === name) as Method;
  const given = Object.keys(connectionFlags).filter((flag) => flags[flag] !== undefined);
  const connection = Object.fromEntries(given.map((flag) => [flag, flags[flag]]));
  return { trials, parallel, method, acquisition, connection };
}

/** What is searched. Throws `CONFIG` before anything is written. */
function subjectOf(name: string, flags: Flags, source: string): Subject | Promise<Subject> {
  if (isModule(name)) return ownSubject(name, flags, source);
  if (names.includes(name)) return trainingSubject(trainingStudy(name, flags, source));
  const near = nearest(name, names);
  throw new SkeinError('CONFIG', `subject: expected one of ${names.join(', ')} or a module, got '${name}'`, {
    advice: near === null ? 'a module is given by its path, such as ./objective.ts' : `did you mean '${near}'?`,
  });
}

const OwnStudy = Type.Object({ ...studyFlags, ...objectiveFlags });

function ownSubject(name: string, flags: Flags, source: string): Promise<Subject> {
  const { param, maximise, seed, pruner, lastStep } = parse(OwnStudy, flags, { what: source });
  const chosen = PRUNERS[pruner as keyof typeof PRUNERS](1, lastStep);
  return objectiveSubject(name, { param, maximise, seed, pruner: chosen, remote: flags['nats'] !== undefined });
}

const Training = Type.Object({ ...studyFlags, ...trainingFlags });

function trainingStudy(algorithm: string, flags: Flags, source: string): TrainingStudy {
  const { param, seedsPerTrial, objective, pruner } = parse(Training, flags, { what: source });
  const schema = algorithms[algorithm as keyof typeof algorithms].config;
  const own = ownOptions(algorithm, flags);
  const config = configure(schema, [
    { values: own, label: (option) => `${source}: ${option}` },
  ]) as TrainingStudy['config'];
  checkEnvironmentFlag(algorithm, config.env);
  if (objective === 'steps' && pruner !== 'none') {
    throw new SkeinError('CONFIG', `--pruner: expected none with --objective steps, got ${pruner}`);
  }
  return {
    algorithm,
    schema,
    config,
    space: readSpace(param, schema),
    seedsPerTrial,
    objective: objective as TrainingStudy['objective'],
    pruner: pruner as TrainingStudy['pruner'],
    backend: flags['backend'] as TrainingStudy['backend'],
  };
}
