/** A table of action values, with the number of updates of each. */

import { Float64, Int32, SkeinError, type Static, Type } from '@skein/core';

/** A table as plain data. */
export const ActionValuesState = Type.Object({ values: Float64, updates: Int32 });
export type ActionValuesState = Static<typeof ActionValuesState>;

/** Q(s, a) for `states` states and `actions` actions; that of pair (s, a) lies at `values[s * actions + a]`. */
export class ActionValues {
  readonly states: number;
  readonly actions: number;
  readonly values: Float64Array;
  readonly updates: Int32Array;

  constructor(states: number, actions: number, initial = 0) {
    this.states = states;
    this.actions = actions;
    this.values = new Float64Array(states * actions).fill(initial);
    this.updates = new Int32Array(states * actions);
  }

  get(state: number, action: number): number {
    return this.values[state * this.actions + action]!;
  }

  /** Largest value of a state. */
  max(state: number): number {
    return this.get(state, this.greedy(state));
  }

  /** The best action of a state; the first one among equals. */
  greedy(state: number): number {
    const { values, actions } = this;
    const from = state * actions;
    let best = 0;
    for (let a = 1; a < actions; a++) if (values[from + a]! > values[from + best]!) best = a;
    return best;
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
    return { values: this.values.slice(), updates: this.updates.slice() };
  }

  /** Throws `CHECKPOINT` for a table of another size. */
  restore({ values, updates }: ActionValuesState): void {
    if (values.length !== this.values.length || updates.length !== this.updates.length) {
      throw new SkeinError('CHECKPOINT', `action values: expected ${this.values.length}, got ${values.length}`, {
        advice: 'resume on the environment that the run was trained on',
      });
    }
    this.values.set(values);
    this.updates.set(updates);
  }
}
