/** A table of action values, with the number of updates of each. */

import { Float64, Int32, SkeinError, type Static, Type, Uint8 } from '@skein/core';
import { type ActionMasks, bestLegalAction, isLegal } from '../env/action-mask.ts';

/** A table as plain data. */
export const ActionValuesState = Type.Object({
  values: Float64,
  updates: Int32,
  legal: Type.Union([Uint8, Type.Null()]),
});
export type ActionValuesState = Static<typeof ActionValuesState>;

/** Q(s, a) for `states` states and `actions` actions; that of pair (s, a) lies at `values[s * actions + a]`. */
export class ActionValues {
  readonly states: number;
  readonly actions: number;
  readonly values: Float64Array;
  readonly updates: Int32Array;
  /** 1 for the actions that count in a state, pair by pair; null if all do. */
  readonly legal: ActionMasks;

  constructor(states: number, actions: number, initial = 0, legal: ActionMasks = null) {
    this.states = states;
    this.actions = actions;
    this.values = new Float64Array(states * actions).fill(initial);
    this.updates = new Int32Array(states * actions);
    this.legal = legal;
  }

  get(state: number, action: number): number {
    return this.values[state * this.actions + action]!;
  }

  /** The values of a state: a view. */
  row(state: number): Float64Array {
    return this.values.subarray(state * this.actions, (state + 1) * this.actions);
  }

  /** True if the action counts in the state. */
  isLegal(state: number, action: number): boolean {
    return isLegal(this.legal, this.actions, state, action);
  }

  /** Largest value of a state's legal actions. */
  max(state: number): number {
    return this.get(state, this.greedy(state));
  }

  /** The best legal action of a state; the first one among equals. */
  greedy(state: number): number {
    return bestLegalAction(this.values, state, this.actions, this.legal);
  }

  /** Mean value of a state under a distribution over its actions. */
  expected(state: number, probabilities: Float64Array): number {
    let sum = 0;
    for (let a = 0; a < this.actions; a++) sum += probabilities[a]! * this.get(state, a);
    return sum;
  }

  /** Q(s, a) <- Q(s, a) + rate (target - Q(s, a)), the rate being that of the n-th update. Returns the error. */
  moveToward(state: number, action: number, target: number, rate: (updates: number) => number): number {
    const pair = state * this.actions + action;
    const error = target - this.values[pair]!;
    const updates = ++this.updates[pair]!;
    this.values[pair]! += rate(updates) * error;
    return error;
  }

  state(): ActionValuesState {
    return { values: this.values.slice(), updates: this.updates.slice(), legal: this.legal?.slice() ?? null };
  }

  /** Throws `CHECKPOINT` for a table of another size. */
  restore({ values, updates, legal }: ActionValuesState): void {
    const lengths = [this.values, this.updates, this.legal].map((array) => array?.length);
    if (String([values, updates, legal].map((array) => array?.length)) !== String(lengths)) {
      throw new SkeinError('CHECKPOINT', `action values: expected ${this.values.length}, got ${values.length}`, {
        advice: 'resume on the environment that the run was trained on',
      });
    }
    this.values.set(values);
    this.updates.set(updates);
    if (legal !== null) this.legal?.set(legal);
  }
}
