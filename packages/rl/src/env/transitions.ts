/**
 * An environment whose state is one integer, as a table: p(s', r | s, a) for every state and action, and the
 * distribution of first states. Planning needs nothing else, and the environment itself is sampled from it.
 */

import { SkeinError } from '@skein/core';
import type { EnvironmentDefinition } from './definition.ts';

/** One thing that an action may lead to. */
export interface Outcome {
  readonly probability: number;
  readonly next: number;
  readonly reward: number;
  /** True if the episode ends there. */
  readonly terminated: boolean;
}

/** Outcomes of all pairs in flat arrays; those of pair (s, a) lie at `first[s * actions + a]` up to the next pair's. */
export interface TransitionTable {
  readonly states: number;
  readonly actions: number;
  /** Distribution of the first state. */
  readonly start: Float64Array;
  readonly first: Int32Array;
  readonly probability: Float64Array;
  readonly next: Int32Array;
  readonly reward: Float64Array;
  readonly terminated: Uint8Array;
}

/** What `transitionTable` takes. */
export interface TransitionTableOptions {
  readonly states: number;
  readonly actions: number;
  readonly start: ArrayLike<number>;
  /** The outcomes of an action; their order matters to sampling. */
  outcomes(state: number, action: number): readonly Outcome[];
}

/** Probabilities may miss 1 by this much. */
const SLACK = 1e-9;

/** Builds and checks a table. Throws `INPUT` for probabilities that are no distribution and states outside the table. */
export function transitionTable(options: TransitionTableOptions): TransitionTable {
  const { states, actions } = options;
  const pairs = Array.from({ length: states * actions }, (_, pair) =>
    checked(options.outcomes(Math.floor(pair / actions), pair % actions), states, pair, actions),
  );
  const start = Float64Array.from(options.start);
  checkDistribution(start, 'start');
  const first = new Int32Array(pairs.length + 1);
  pairs.forEach((outcomes, pair) => {
    first[pair + 1] = first[pair]! + outcomes.length;
  });
  const all = pairs.flat();
  return {
    states,
    actions,
    start,
    first,
    probability: Float64Array.from(all, ({ probability }) => probability),
    next: Int32Array.from(all, ({ next }) => next),
    reward: Float64Array.from(all, ({ reward }) => reward),
    terminated: Uint8Array.from(all, ({ terminated }) => (terminated ? 1 : 0)),
  };
}

/** The table of a tabular environment. Throws `ENVIRONMENT` if the definition has none. */
export function transitions(definition: EnvironmentDefinition): TransitionTable {
  if (definition.transitions !== undefined) return definition.transitions;
  throw new SkeinError('ENVIRONMENT', `${definition.id}: expected an environment with a transition table, got none`, {
    advice: 'plan on a tabular environment (a grid world, FrozenLake, CliffWalking, Taxi), or learn from samples',
  });
}

function checked(outcomes: readonly Outcome[], states: number, pair: number, actions: number): readonly Outcome[] {
  const what = `outcomes of state ${Math.floor(pair / actions)}, action ${pair % actions}`;
  checkDistribution(
    outcomes.map(({ probability }) => probability),
    what,
  );
  const outside = outcomes.find(({ next }) => !(Number.isInteger(next) && next >= 0 && next < states));
  if (outside === undefined) return outcomes;
  throw new SkeinError('INPUT', `${what}: expected a next state in [0, ${states - 1}], got ${outside.next}`);
}

function checkDistribution(probabilities: ArrayLike<number>, what: string): void {
  const values = Array.from(probabilities);
  const sum = values.reduce((total, p) => total + p, 0);
  if (values.every((p) => p >= 0) && Math.abs(sum - 1) <= SLACK) return;
  throw new SkeinError('INPUT', `${what}: expected probabilities that add up to 1, got [${values}] (sum ${sum})`);
}
