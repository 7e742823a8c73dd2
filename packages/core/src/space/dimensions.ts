/**
 * Search spaces: what an optimiser may choose. A dimension maps the user's value to the unit interval and back, so
 * that an optimiser sees only [0, 1]^d: log scales, integers and categories are nobody else's business.
 * Law: `fromUnit(toUnit(v))` is `v` for every value of the dimension.
 */

import { SkeinError } from '../errors.ts';
import { show } from '../schema.ts';

/** One dimension of a search space. Make it with `real`, `logReal`, `integer`, `ordinal`, `categorical` or `conditional`. */
export interface Dimension<T> {
  readonly kind: 'real' | 'logReal' | 'integer' | 'ordinal' | 'categorical' | 'conditional';
  /** For messages and tables: `log(1e-5, 0.1)`. */
  readonly label: string;
  /** Number of values, or Infinity. */
  readonly cardinality: number;
  /** False if the values are names: no two of them are nearer each other than any others. */
  readonly ordered: boolean;
  /** Position of a value in [0, 1]. */
  toUnit(value: T): number;
  /** The value at a position; positions outside [0, 1] are clipped. */
  fromUnit(u: number): T;
  /** The value if it belongs to the dimension; throws `INPUT` naming `path`, the expectation and what came. */
  check(value: unknown, path: string): T;
  /** Set on conditional dimensions: when the dimension takes part. */
  readonly condition?: Condition;
  /** Set on conditional dimensions: the dimension that takes part then. */
  readonly inner?: Dimension<unknown>;
}

/** A conditional dimension is active when the dimension `on` has one of the values `equals`. */
export interface Condition {
  readonly on: string;
  readonly equals: readonly unknown[];
}

/** A search space: named dimensions. */
export type Space = Readonly<Record<string, Dimension<unknown>>>;
/** The values of a space: `{ x: real(0, 1), n: integer(1, 3) }` gives `{ x: number, n: number }`. */
export type Values<S> = { [K in keyof S]: S[K] extends Dimension<infer T> ? T : never };

const clip01 = (u: number): number => Math.min(1, Math.max(0, u));

function checkedRange(kind: string, low: number, high: number, least: number): void {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high || low < least) {
    const bound = least === -Infinity ? '' : ' and low > 0';
    throw new SkeinError(
      'INPUT',
      `${kind}(low, high): expected finite low < high${bound}, got ${kind}(${low}, ${high})`,
    );
  }
}

function numberIn(label: string, low: number, high: number, wanted: (x: number) => boolean) {
  return (value: unknown, path: string): number => {
    if (typeof value === 'number' && value >= low && value <= high && wanted(value)) return value;
    throw new SkeinError('INPUT', `${path}: expected ${label}, got ${show(value)}`);
  };
}

/** A real number in [low, high], linear scale. */
export function real(low: number, high: number): Dimension<number> {
  checkedRange('real', low, high, -Infinity);
  const label = `real(${low}, ${high})`;
  return {
    kind: 'real',
    label,
    cardinality: Infinity,
    ordered: true,
    toUnit: (value) => (value - low) / (high - low),
    fromUnit: (u) => Math.min(high, low + clip01(u) * (high - low)),
    check: numberIn(label, low, high, Number.isFinite),
  };
}

/** A positive real number in [low, high], logarithmic scale. */
export function logReal(low: number, high: number): Dimension<number> {
  checkedRange('logReal', low, high, Number.MIN_VALUE);
  const label = `log(${low}, ${high})`;
  const span = Math.log(high / low);
  return {
    kind: 'logReal',
    label,
    cardinality: Infinity,
    ordered: true,
    toUnit: (value) => Math.log(value / low) / span,
    fromUnit: (u) => (u >= 1 ? high : Math.min(high, low * Math.exp(clip01(u) * span))),
    check: numberIn(label, low, high, Number.isFinite),
  };
}

/** An integer in [low, high], both included. Each value owns an equal share of the unit interval. */
export function integer(low: number, high: number): Dimension<number> {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low > high) {
    throw new SkeinError('INPUT', `integer(low, high): expected integers low <= high, got integer(${low}, ${high})`);
  }
  const label = `integer(${low}, ${high})`;
  const count = high - low + 1;
  return {
    kind: 'integer',
    label,
    cardinality: count,
    ordered: true,
    toUnit: (value) => (value - low + 0.5) / count,
    fromUnit: (u) => low + Math.min(count - 1, Math.floor(clip01(u) * count)),
    check: numberIn(label, low, high, Number.isInteger),
  };
}

type Choice = string | number | boolean;

/** One of the given values (compared with ===), which have no order. Each owns an equal share of the unit interval. */
export const categorical = <const T extends Choice>(choices: readonly T[]): Dimension<T> =>
  choiceOf('categorical', choices, `choice(${choices.join(', ')})`);

/**
 * One of the given values (compared with ===) in their order: sizes such as 16, 32, 64, or low, middle, high. Each owns an
 * equal share of the unit interval, whatever the gaps between them.
 */
export const ordinal = <const T extends Choice>(choices: readonly T[]): Dimension<T> =>
  choiceOf('ordinal', choices, `ordinal(${choices.join(', ')})`);

function choiceOf<T extends Choice>(
  kind: 'categorical' | 'ordinal',
  choices: readonly T[],
  label: string,
): Dimension<T> {
  if (choices.length === 0 || new Set(choices).size !== choices.length) {
    throw new SkeinError('INPUT', `${kind}(choices): expected distinct choices, got ${show(choices)}`);
  }
  return {
    kind,
    label,
    cardinality: choices.length,
    ordered: kind === 'ordinal',
    toUnit: (value) => (choices.indexOf(value) + 0.5) / choices.length,
    fromUnit: (u) => choices[Math.min(choices.length - 1, Math.floor(clip01(u) * choices.length))] as T,
    check: (value, path) => {
      if (choices.includes(value as T)) return value as T;
      throw new SkeinError('INPUT', `${path}: expected ${label}, got ${show(value)}`);
    },
  };
}

/** A dimension that takes part only when dimension `condition.on` has one of the values `condition.equals`. */
export function conditional<T>(condition: Condition, dimension: Dimension<T>): Dimension<T | undefined> {
  return {
    kind: 'conditional',
    label: `${dimension.label} if ${condition.on} is ${condition.equals.map(show).join(' or ')}`,
    cardinality: dimension.cardinality,
    ordered: dimension.ordered,
    toUnit: (value) => (value === undefined ? 0.5 : dimension.toUnit(value)),
    fromUnit: (u) => dimension.fromUnit(u),
    check: (value, path) => (value === undefined ? undefined : dimension.check(value, path)),
    condition,
    inner: dimension,
  };
}

/** True if the dimension takes part, given the other values. */
export function isActive(dimension: Dimension<unknown>, values: Readonly<Record<string, unknown>>): boolean {
  const condition = dimension.condition;
  return condition === undefined || condition.equals.includes(values[condition.on]);
}

/** Values of a space from a point of the unit cube, in the order of the space's names. Inactive dimensions are left out. */
export function spaceFromUnit<S extends Space>(space: S, point: ArrayLike<number>): Values<S> {
  const values: Record<string, unknown> = {};
  Object.entries(space).forEach(([name, dimension], i) => {
    if (isActive(dimension, values)) values[name] = dimension.fromUnit(point[i] as number);
  });
  return values as Values<S>;
}

/** A point of the unit cube from values of a space. Inactive dimensions sit at 0.5. */
export function spaceToUnit<S extends Space>(space: S, values: Values<S>): Float64Array {
  const given = values as Readonly<Record<string, unknown>>;
  return Float64Array.from(Object.entries(space), ([name, dimension]) =>
    given[name] === undefined ? 0.5 : dimension.toUnit(given[name]),
  );
}

/** Values checked against a space: every active dimension present and in range, no unknown names. */
export function checkValues<S extends Space>(space: S, values: unknown, path = 'values'): Values<S> {
  if (typeof values !== 'object' || values === null) {
    throw new SkeinError(
      'INPUT',
      `${path}: expected an object with ${Object.keys(space).join(', ')}, got ${show(values)}`,
    );
  }
  const given = values as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(space, name)) {
      throw new SkeinError(
        'INPUT',
        `${path}.${name}: expected one of ${Object.keys(space).join(', ')}, got an unknown name`,
      );
    }
  }
  const checked: Record<string, unknown> = {};
  for (const [name, dimension] of Object.entries(space)) {
    if (!isActive(dimension, given)) continue;
    if (given[name] === undefined)
      throw new SkeinError('INPUT', `${path}.${name}: expected ${dimension.label}, got nothing`);
    checked[name] = dimension.check(given[name], `${path}.${name}`);
  }
  return checked as Values<S>;
}
