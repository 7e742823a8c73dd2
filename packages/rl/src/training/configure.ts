/** From given options to a complete configuration and the environment that it means. */

import { configure, SkeinError, type Static, type TObject } from '@skein/core';
import type { ActionKind } from '../algorithms/algorithm.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { environmentDefinition } from '../env/registry.ts';
import type { TrainHooks } from './run.ts';

/** Defaults, then the configuration of the run to continue (if any), then the given options. Throws `CONFIG`. */
export function completeConfig<C extends TObject>(
  algorithm: string,
  schema: C,
  given: Partial<Static<C>>,
  hooks: TrainHooks,
): Static<C> {
  const layers = [hooks.resumeFrom?.config ?? {}, given as Record<string, unknown>];
  return configure(
    schema,
    layers.map((values) => ({ values, label: (option: string) => `${algorithm} ${option}` })),
  );
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
