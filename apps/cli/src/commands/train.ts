/** `skein train`: trains an agent, on a thread of this process or on a worker anywhere. */

import { messageOf, optionsOf, SkeinError, type TObject, Type } from '@skein/core';
import { BACKEND_CHOICES, type BackendChoice } from '@skein/nn';
import { algorithm, algorithms, environmentDefinition, tunedOptions } from '@skein/rl';
import { flagOf } from '../args.ts';
import { defineCommand } from '../command.ts';
import { createRunFolder } from '../run-folder.ts';
import { type ConnectionFlags, connectionFlags } from '../runtime.ts';
import { finishTraining } from '../train-finish.ts';
import type { TrainRun } from '../train-run.ts';
import { trainSeeds } from '../train-seeds.ts';

const names = Object.keys(algorithms);

/** Flags of every training run beside the algorithm's own. */
export const runFlags = {
  backend: Type.Unsafe<BackendChoice>(
    Type.Union(
      BACKEND_CHOICES.map((name) => Type.Literal(name)),
      { default: 'auto', description: 'TensorFlow.js backend' },
    ),
  ),
  ...connectionFlags,
};

/** The options of an algorithm; of none while its name is unknown. */
export const algorithmOptions = (name: string | undefined): TObject['properties'] =>
  name !== undefined && names.includes(name) ? algorithm(name).config.properties : {};

/** The given options that are an algorithm's own. */
export const ownOptions = (name: string, options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    optionsOf(algorithm(name).config)
      .filter((option) => options[option.name] !== undefined)
      .map((option) => [option.name, options[option.name]]),
  );

/** The options of a run: those that were given, then those tuned for the environment unless `preset` is none, then defaults. */
export const runOptions = (
  name: string,
  options: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): Record<string, unknown> => {
  const own = ownOptions(name, options);
  return { ...own, ...tunedFor(name, own, given) };
};

/** The tuned options that a run takes because nothing else was given. */
function tunedFor(
  name: string,
  { preset, env }: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
): Record<string, unknown> {
  if (preset !== 'tuned') return {};
  return Object.fromEntries(Object.entries(tunedOptions(name, env as string)).filter(([option]) => !given.has(option)));
}

/** Tells which options a run takes that its help does not show as defaults. */
function sayWhatIsTuned(name: string, config: TrainRun['config'], given: ReadonlySet<string>): void {
  const taken = Object.keys(tunedFor(name, config, given));
  if (taken.length === 0) return;
  console.error(`options tuned for ${config.env}, unless --preset none: ${taken.map(flagOf).join(' ')}`);
}

/** Refuses an environment that does not exist or has the wrong kind of actions, before anything is written. */
export function checkEnvironmentFlag(name: string, env: string): void {
  let kind: string;
  try {
    kind = environmentDefinition(env).actionSpec.kind;
  } catch (error) {
    throw new SkeinError('CONFIG', `--env: ${messageOf(error).replace(/^environment: /, '')}`);
  }
  const { actions } = algorithm(name);
  if (actions === 'both' || kind === actions) return;
  throw new SkeinError('CONFIG', `--env: expected one with ${actions} actions for ${name}, got ${env} (${kind})`);
}

type TrainFlags = ConnectionFlags & {
  readonly out?: string;
  readonly backend: BackendChoice;
  readonly seeds: number;
  readonly parallel: boolean;
};

export const train = defineCommand({
  name: 'train',
  summary: 'train an agent',
  positionals: [{ name: 'algorithm', description: 'what to train', required: true, choices: names }],
  options: ([name]) =>
    Type.Object(
      {
        ...algorithmOptions(name),
        seeds: Type.Integer({
          default: 1,
          minimum: 1,
          description: 'number of runs, with seed, seed + 1 and so on, and a summary over them',
        }),
        parallel: Type.Boolean({ default: false, description: 'train several seeds at a time' }),
        out: Type.Optional(Type.String({ description: 'folder of the run (default runs/ENV-ALGORITHM-N)' })),
        ...runFlags,
      },
      { additionalProperties: false },
    ),
  examples: [
    'skein train dqn --env CartPole-v1 --seed 1 --stop-at-return 475',
    'skein train dqn --env CartPole-v1 --seeds 5 --parallel',
    'skein train dqn --env CartPole-v1 --actors 4 --mode free-running --prioritised',
    'skein train dqn --nats nats://127.0.0.1:4222',
    'skein train dqn --config my-options.json --learning-rate 5e-4',
  ],
  run: async ({ positionals: [name], options, given }) => {
    const algorithm = name as string;
    const { out, backend, seeds, parallel, ...connection } = options as TrainFlags;
    const config = runOptions(algorithm, options, given) as TrainRun['config'];
    checkEnvironmentFlag(algorithm, config.env);
    sayWhatIsTuned(algorithm, config, given);
    const manifest = { name: algorithm, config: { ...config, backend } };
    const base = `${config.env}-${algorithm}`;
    if (seeds > 1) {
      const asked = { ...manifest, config: { ...manifest.config, seeds, parallel } };
      const folder = createRunFolder(out, `${base}-seeds`, { kind: 'seeds', ...asked });
      return trainSeeds({ folder, algorithm, config, backend, connection, seeds, parallel });
    }
    const folder = createRunFolder(out, base, { kind: 'train', ...manifest });
    return finishTraining({ folder, algorithm, config, backend, connection });
  },
});
