/**
 * Environments made from a transition table. One row of state is: the state, 1 if its episode ended, and the
 * probability of the outcome that led there. Outcomes are drawn by Gymnasium's rule: the first whose cumulative
 * probability exceeds one uniform number.
 */

import { type DiscreteSpec, discrete } from '@skein/core';
import type { NumpyRandom } from '../random/numpy-random.ts';
import type { Picture } from '../render/picture.ts';
import type { EnvironmentDefinition, Info } from './definition.ts';
import type { TransitionTable } from './transitions.ts';

/** A definition with one integer as observation and one as action. */
export type DiscreteDefinition = EnvironmentDefinition<DiscreteSpec, DiscreteSpec>;

/** What `tabularEnvironment` takes. */
export interface TabularOptions {
  readonly id: string;
  readonly summary: string;
  readonly table: TransitionTable;
  readonly stepLimit: number | null;
  readonly solvedAt: number | null;
  /** What the observation and the actions mean. */
  readonly describe: { readonly observation: string; readonly action: string };
  /** Further facts about a state. */
  info?(state: number): Info;
  picture?(state: number): Picture;
  text?(state: number): string;
}

/** Places in a row. */
const ENDED = 1;
const PROBABILITY = 2;
export const TABULAR_STATE_SIZE = 3;

/** An environment from a table. */
export function tabularEnvironment(options: TabularOptions): DiscreteDefinition {
  const { id, summary, table, stepLimit, solvedAt, describe, info, picture, text } = options;
  return {
    id,
    summary,
    observationSpec: discrete(table.states, { name: 'observation', description: describe.observation }),
    actionSpec: discrete(table.actions, { name: 'action', description: describe.action }),
    stepLimit,
    solvedAt,
    stateSize: TABULAR_STATE_SIZE,
    begin: (state, at, random) => {
      state[at] = random.categorical(table.start);
      state[at + ENDED] = 0;
      state[at + PROBABILITY] = 1;
    },
    advance: (state, at, actions, actionAt, random) => {
      const outcome = drawOutcome(table, state[at]! * table.actions + actions[actionAt]!, random);
      state[at] = table.next[outcome]!;
      state[at + ENDED] = table.terminated[outcome]!;
      state[at + PROBABILITY] = table.probability[outcome]!;
      return table.reward[outcome]!;
    },
    isTerminal: (state, at) => state[at + ENDED] === 1,
    observe: (state, at, out, outAt) => {
      out[outAt] = state[at]!;
    },
    transitions: table,
    info: (state, at) => ({ prob: state[at + PROBABILITY]!, ...info?.(state[at]!) }),
    ...(picture === undefined ? {} : { picture: (state, at) => picture(state[at]!) }),
    ...(text === undefined ? {} : { text: (state, at) => text(state[at]!) }),
  };
}

/** Index of one outcome of a pair, drawn with its probability. */
function drawOutcome(table: TransitionTable, pair: number, random: NumpyRandom): number {
  const { first, probability } = table;
  const from = first[pair]!;
  const to = first[pair + 1]!;
  const u = random.random();
  let cumulative = 0;
  for (let outcome = from; outcome < to; outcome++) {
    cumulative += probability[outcome]!;
    if (cumulative > u) return outcome;
  }
  return from;
}
