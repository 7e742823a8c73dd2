/** From given options to a complete configuration and the environment that it means. */

import { configure, SkeinError, type Static, type TObject } from '@skein/core';
import type { ActionKind } from '../algorithms/algorithm.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { environmentDefinition } from '../env/registry.ts';
import type { TrainingConfig } from './options.ts';
import type { TrainHooks } from './run.ts';
import { tunedOptions } from './tuned.ts';

/**
 * Defaults, then the options tuned for the environment (not for one's own) or the configuration of the run to continue,
 * then the given options. Throws `CONFIG`.
 */
export function completeConfig<C extends TObject>(
  algorithm: string,
  schema: C,
  given: Partial<Static<C>>,
  hooks: TrainHooks,
): Static<C> {
  const asked = given as Record<string, unknown>;
  const label = (option: string) => `${algorithm} ${option}`;
  const complete = (first: Readonly<Record<string, unknown>>) =>
    configure(schema, [
      { values: first, label },
      { values: asked, label },
    ]);
  if (hooks.resumeFrom !== undefined) return complete(hooks.resumeFrom.config);
  const plain = complete({}) as Pick<TrainingConfig, 'env' | 'preset'>;
  if (plain.preset === 'none' || hooks.definition !== undefined) return plain as Static<C>;
  return complete(tunedOptions(algorithm, plain.env));
}

/** The run's environment. Throws `CONFIG` if its actions are not of the kind that the algorithm learns. */
export function trainingEnvironment(
  algorithm: string,
  actions: ActionKind,
  env: string,
  hooks: TrainHooks,
): EnvironmentDefinition {
  const definition = hooks.definition ?? environmentDefinition(env);
  if (actions === 'both' || definition.actionSpec.kind === actions) return definition;
  const kinds = { discrete: 'discrete', box: 'continuous' } as const;
  const got = kinds[definition.actionSpec.kind];
  throw new SkeinError(
    'CONFIG',
    `env: expected one with ${kinds[actions]} actions for ${algorithm}, got ${definition.id} (${got})`,
    {
      advice: `choose another environment, or an algorithm for ${got} actions`,
    },
  );
}
