/** `skein train`: trains an agent, on a thread of this process or on a worker anywhere. */

import { messageOf, optionsOf, SkeinError, type TObject, Type } from '@skein/core';
import { BACKEND_CHOICES, type BackendChoice } from '@skein/nn';
import { algorithm, algorithms, environmentDefinition } from '@skein/rl';
import { defineCommand } from '../command.ts';
import { createRunFolder } from '../run-folder.ts';
import { type ConnectionFlags, connectionFlags } from '../runtime.ts';
import { finishTraining } from '../train-finish.ts';
import type { TrainRun } from '../train-run.ts';

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

export const train = defineCommand({
  name: 'train',
  summary: 'train an agent',
  positionals: [{ name: 'algorithm', description: 'what to train', required: true, choices: names }],
  options: ([name]) =>
    Type.Object(
      {
        ...algorithmOptions(name),
        out: Type.Optional(Type.String({ description: 'folder of the run (default runs/ENV-ALGORITHM-N)' })),
        ...runFlags,
      },
      { additionalProperties: false },
    ),
  examples: [
    'skein train dqn --env CartPole-v1 --seed 1 --stop-at-return 475',
    'skein train dqn --nats nats://127.0.0.1:4222',
    'skein train dqn --config my-options.json --learning-rate 5e-4',
  ],
  run: async ({ positionals: [name], options }) => {
    const { out, backend, ...flags } = options as ConnectionFlags & { out?: string; backend: BackendChoice };
    const config = ownOptions(name as string, options) as TrainRun['config'];
    checkEnvironmentFlag(name as string, config.env);
    const folder = createRunFolder(out, `${config.env}-${name}`, {
      kind: 'train',
      name: name as string,
      config: { ...config, backend },
    });
    return finishTraining({ folder, algorithm: name as string, config, backend, connection: flags });
  },
});
