/** Rules about values, for `allows`: linear limits, and several rules together. */

import { SkeinError, type Space, type Values } from '@skein/core';

/** Bounds of a linear limit; at least one of them. */
export interface LimitBounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/**
 * A rule: the sum of coefficient times value lies within the bounds. Only dimensions of numbers may have a coefficient;
 * inactive ones count 0. `linearLimit({ cpus: 1, workers: 2 }, { atMost: 16 })`. Throws `INPUT` without a bound.
 */
export function linearLimit(
  coefficients: Readonly<Record<string, number>>,
  { atLeast = -Infinity, atMost = Infinity }: LimitBounds,
): (values: Readonly<Record<string, unknown>>) => boolean {
  const entries = Object.entries(coefficients);
  if (!(atLeast <= atMost) || (atLeast === -Infinity && atMost === Infinity)) {
    throw new SkeinError(
      'INPUT',
      `linearLimit: expected atLeast <= atMost, at least one given, got ${atLeast} and ${atMost}`,
    );
  }
  return (values) => {
    const sum = entries.reduce((total, [name, factor]) => total + factor * numberOf(name, values[name] ?? 0), 0);
    return sum >= atLeast && sum <= atMost;
  };
}

function numberOf(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw new SkeinError('INPUT', `linearLimit: ${name}: expected a number, got ${JSON.stringify(value)}`);
}

/** A rule that holds where every one of the rules does. */
export const allOf =
  <S extends Space>(...rules: readonly ((values: Values<S>) => boolean)[]): ((values: Values<S>) => boolean) =>
  (values) =>
    rules.every((rule) => rule(values));
