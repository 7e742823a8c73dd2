import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';

/** A definition without its transition table, which does not describe a changed environment any more. */
export function withoutTable<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
): EnvironmentDefinition<O, A> {
  const { transitions: _table, ...rest } = definition;
  return rest;
}
