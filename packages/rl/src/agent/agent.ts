/** An agent: what was learned, with what is needed to use it again. */

import type { ActionOf, EnvironmentDefinition, EnvSpec } from '../env/definition.ts';
import type { Policy } from './policy.ts';

/** A trained agent. */
export interface Agent {
  /** A name of `algorithms`. */
  readonly algorithm: string;
  /** The environment that it was trained on. */
  readonly definition: EnvironmentDefinition;
  /** The complete configuration that it was trained with. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly policy: Policy;
  /** The action for one observation, without exploration; a legal one if a mask is given, such as `info.action_mask`. */
  act(observation: number | ArrayLike<number>, mask?: ArrayLike<number>): ActionOf<EnvSpec>;
}

/** An agent as plain data: what its file holds. */
export interface AgentParts {
  readonly algorithm: string;
  readonly env: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly Float32Array[];
}

/** Makes an agent of a policy. */
export function createAgent(parts: Omit<Agent, 'act'>): Agent {
  const { definition, policy } = parts;
  const { actionSpec } = definition;
  return {
    ...parts,
    act: (observation, mask) => {
      const row = typeof observation === 'number' ? Float32Array.of(observation) : Float32Array.from(observation);
      const actions = policy.act(row, 1, mask === undefined ? null : Uint8Array.from(mask));
      return actionSpec.kind === 'discrete' ? actions[0]! : actions.slice();
    },
  };
}
