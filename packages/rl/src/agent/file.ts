/** Agents as bytes and files: algorithm, environment, configuration and weights in the checkpoint format. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  configure,
  decodeCheckpoint,
  encodeCheckpoint,
  messageOf,
  SkeinError,
  Type,
  writeFileAtomic,
} from '@skein/core';
import { algorithm } from '../algorithms/registry.ts';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { environmentDefinition } from '../env/registry.ts';
import { Weights } from '../plain.ts';
import { type Agent, type AgentParts, createAgent } from './agent.ts';
import { normalizedPolicy } from './normalized-policy.ts';

/** Name of an agent's file in a run folder. */
export const AGENT_FILE = 'agent.skein';

const AGENT = {
  kind: 'rl/agent',
  version: 1,
  schema: Type.Object({
    algorithm: Type.String(),
    env: Type.String(),
    config: Type.Record(Type.String(), Type.Unknown()),
    weights: Weights,
  }),
} as const;

/** How a saved agent is rebuilt. */
export interface LoadAgentOptions {
  /** The environment, where it is not one of `environments`. */
  readonly definition?: EnvironmentDefinition;
}

/** An agent as bytes. */
export function encodeAgent(agent: Agent): Uint8Array {
  const { algorithm: name, definition, config, policy } = agent;
  return agentBytes({ algorithm: name, env: definition.id, config, weights: policy.weights() });
}

/** The bytes of an agent whose network need not exist here: how a run saves its best weights so far. */
export function agentBytes(parts: AgentParts): Uint8Array {
  return encodeCheckpoint({ kind: AGENT.kind, version: AGENT.version, step: 0, state: parts });
}

/** An agent from `encodeAgent`'s bytes. Throws `CHECKPOINT` for other or damaged bytes, `UNKNOWN_NAME` for an unknown environment or algorithm. */
export function decodeAgent(bytes: Uint8Array, options: LoadAgentOptions = {}, what = 'agent'): Agent {
  const { state } = decodeCheckpoint(bytes, AGENT, what);
  const definition = options.definition ?? environmentDefinition(state.env);
  const made = algorithm(state.algorithm);
  const config = configure(made.config, [{ values: state.config, label: (option) => `${what}: ${option}` }]);
  const learned = made.policy(definition, config);
  const policy =
    state.config['normalizeObservations'] === true
      ? normalizedPolicy(learned, definition.observationSpec.size)
      : learned;
  policy.setWeights(state.weights);
  return createAgent({ algorithm: state.algorithm, definition, config: state.config, policy });
}

/** Writes an agent to a file, or to `agent.skein` in a folder; atomically. Returns the file's path. */
export function saveAgent(path: string, agent: Agent): string {
  const file = agentFile(path);
  writeFileAtomic(file, encodeAgent(agent));
  return file;
}

/** Reads an agent from a file, or from `agent.skein` in a folder. Throws `CHECKPOINT`. */
export function loadAgent(path: string, options: LoadAgentOptions = {}): Agent {
  const file = agentFile(path);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new SkeinError('CHECKPOINT', `${file}: expected a saved agent: ${messageOf(cause)}`, {
      cause,
      advice: `give a file that saveAgent wrote, or the folder of a run, which holds ${AGENT_FILE}`,
    });
  }
  return decodeAgent(bytes, options, file);
}

function agentFile(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? join(path, AGENT_FILE) : path;
}
