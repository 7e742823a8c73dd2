/** Search dimensions as texts: `learningRate=log(1e-5,1e-2)`, `batchSize=ordinal(16,32,64)`,
 * `hidden=choice(64;64,256;256)`. */

import {
  categorical,
  type Dimension,
  integer,
  logReal,
  ordinal,
  readText,
  real,
  SkeinError,
  type Space,
  type TObject,
  type TSchema,
  Type,
} from '@skein/core';
import { nearest } from './args.ts';

const FORMS = 'real(low,high), log(low,high), integer(low,high), ordinal(a,b,...) or choice(a,b,...)';

type Choice = string | number | boolean;

/** Values of names that no schema describes. */
const FREE = Type.Union([Type.Number(), Type.Boolean(), Type.String()]);

/**
 * The search space of `--param` texts over the options of a configuration, or with null over any names. Throws `CONFIG`
 * naming the text.
 */
export function readSpace(texts: readonly string[], options: TObject | null): Space {
  if (texts.length === 0) {
    throw new SkeinError('CONFIG', '--param: expected at least one NAME=DIMENSION, got none', {
      advice: `for example --param 'learningRate=log(1e-5,1e-2)'; dimensions are ${FORMS}`,
    });
  }
  const space: Record<string, Dimension<unknown>> = {};
  for (const text of texts) {
    const [name, dimension] = readParameter(text, options);
    if (Object.hasOwn(space, name))
      throw new SkeinError('CONFIG', `--param ${text}: expected each name once, got '${name}' again`);
    space[name] = dimension;
  }
  return space;
}

function readParameter(text: string, options: TObject | null): [string, Dimension<unknown>] {
  const match = /^\s*([A-Za-z]\w*)\s*=\s*(\w+)\(([^()]*)\)\s*$/.exec(text);
  if (match === null) {
    throw new SkeinError('CONFIG', `--param: expected NAME=DIMENSION with ${FORMS}, got '${text}'`);
  }
  const [, name, form, inside] = match as unknown as [string, string, string, string];
  const schema = options === null ? FREE : options.properties[name];
  if (options !== null && schema === undefined) {
    const near = nearest(name, Object.keys(options.properties));
    throw new SkeinError('CONFIG', `--param ${text}: expected the name of an option, got '${name}'`, {
      advice: near === null ? "'skein train ALGORITHM --help' lists the options" : `did you mean '${near}'?`,
    });
  }
  return [
    name,
    dimensionOf(
      text,
      form,
      inside.split(',').map((part) => part.trim()),
      schema as TSchema,
    ),
  ];
}

function dimensionOf(text: string, form: string, parts: readonly string[], schema: TSchema): Dimension<unknown> {
  const range = (make: (low: number, high: number) => Dimension<number>): Dimension<unknown> => {
    const [low, high] = parts.map(Number);
    if (parts.length !== 2 || Number.isNaN(low) || Number.isNaN(high)) {
      throw new SkeinError(
        'CONFIG',
        `--param ${text}: expected two numbers in ${form}(low,high), got (${parts.join(',')})`,
      );
    }
    return named(text, () => make(low as number, high as number)) as Dimension<unknown>;
  };
  const oneOf = (make: (choices: Choice[]) => Dimension<Choice>): Dimension<unknown> =>
    named(text, () => make(parts.map((part) => choiceOf(part, schema)))) as Dimension<unknown>;
  switch (form) {
    case 'real':
      return range(real);
    case 'log':
      return range(logReal);
    case 'integer':
      return range(integer);
    case 'ordinal':
      return oneOf(ordinal);
    case 'choice':
      return oneOf(categorical);
    default:
      throw new SkeinError('CONFIG', `--param ${text}: expected ${FORMS}, got '${form}(...)'`);
  }
}

/** A choice of a list option is written with semicolons; it stays a text here and becomes a list in `optionValue`. */
function choiceOf(part: string, schema: TSchema): Choice {
  return isList(schema) ? part : (readText(schema, part) as Choice);
}

const isList = (schema: TSchema): boolean => (schema as { type?: string }).type === 'array';

/** A chosen value as its option wants it: `64;64` of a list option as `[64, 64]`. */
export const optionValue = (schema: TSchema | undefined, value: unknown): unknown =>
  schema !== undefined && isList(schema) && typeof value === 'string'
    ? readText(schema, value.replaceAll(';', ','))
    : value;

/** Errors of a dimension's own checks, with the flag's text in front. */
function named<T>(text: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof SkeinError ? new SkeinError('CONFIG', `--param ${text}: ${error.message}`) : error;
  }
}
