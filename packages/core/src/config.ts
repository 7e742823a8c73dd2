/**
 * Typed configurations: a TypeBox object schema with a default and a description for every option. Command-line flags,
 * help texts and configuration files are derived from it; `configure` merges layers and checks the result once.
 */

import { SkeinError } from './errors.ts';
import { issuesOf, parse, type Static, type TObject, type TSchema, withDefaults } from './schema.ts';

/** One option of a configuration, as help texts and flags need it. */
export interface OptionInfo {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'string' | 'list' | 'choice' | 'value';
  /** The values of a choice; empty for other types. */
  readonly choices: readonly string[];
  readonly description: string;
  /** Undefined if the option has no default. */
  readonly fallback: unknown;
  readonly required: boolean;
}

/** One source of option values; later layers win. */
export interface ConfigLayer {
  readonly values: Readonly<Record<string, unknown>>;
  /** How messages call one of its options: `--learning-rate`, `skein.json: learningRate`. */
  label(option: string): string;
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const SCALARS = ['number', 'integer', 'boolean', 'string'] as const;

const typeOf = (schema: JsonSchema): OptionInfo['type'] => {
  if (schema.anyOf !== undefined || schema.const !== undefined) return 'choice';
  if (schema.type === 'array') return 'list';
  return SCALARS.find((name) => name === schema.type) ?? 'value';
};

/** The options of a configuration schema in order. */
export function optionsOf(schema: TObject): OptionInfo[] {
  const json = schema as unknown as JsonSchema;
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    type: typeOf(property),
    choices: (property.anyOf ?? [property]).flatMap((choice) =>
      choice.const === undefined ? [] : [String(choice.const)],
    ),
    description: property.description ?? '',
    fallback: property.default,
    required: (json.required ?? []).includes(name) && property.default === undefined,
  }));
}

/**
 * Defaults, then each layer in turn, checked against the schema. Throws `CONFIG` whose message names, for every wrong
 * option, the option as its layer calls it (the last layer if it came from none), what was expected and what came.
 */
export function configure<S extends TObject>(schema: S, layers: readonly ConfigLayer[]): Static<S> {
  const merged: Record<string, unknown> = {};
  const labels = new Map<string, string>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value === undefined) continue;
      merged[name] = value;
      labels.set(name, layer.label(name));
    }
  }
  const value = withDefaults(schema, merged);
  const issues = issuesOf(schema, value);
  if (issues.length === 0) return parse(schema, value, { what: 'configuration' });
  const last = layers.at(-1);
  const lines = issues.map((issue) => {
    const [option = '', ...rest] = issue.path.split('.');
    const label = labels.get(option) ?? last?.label(option) ?? option;
    return `${[label, ...rest].join('.')}: expected ${issue.expected}, got ${issue.got}`;
  });
  throw new SkeinError('CONFIG', lines.join('\n'), { details: { issues } });
}

/** A flag's text as the value its schema wants: numbers and booleans are read, lists are split at commas. Text that cannot be read stays text, for the schema to refuse. */
export function readText(schema: TSchema, text: string): unknown {
  const json = schema as JsonSchema;
  const types = json.anyOf?.map((choice) => choice.type ?? typeof choice.const) ?? [json.type];
  if (
    types.some((type) => type === 'number' || type === 'integer') &&
    text.trim() !== '' &&
    !Number.isNaN(Number(text))
  ) {
    return Number(text);
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (json.type !== 'array') return text;
  const items = (schema as unknown as { items: TSchema }).items;
  return text.trim() === '' ? [] : text.split(',').map((part) => readText(items, part.trim()));
}
