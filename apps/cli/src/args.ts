/** Command lines and configuration files as typed options. Flags are the schema's property names in kebab case. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type ConfigLayer,
  configure,
  messageOf,
  optionsOf,
  readText,
  SkeinError,
  show,
  type TObject,
  type TSchema,
} from '@skein/core';
import type { Command, Invocation, Positional } from './command.ts';

/** `learningRate` as `learning-rate`. */
export const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
export const flagOf = (name: string): string => `--${kebabCase(name)}`;

/** Schema keyword of list options that are given by repeating the flag instead of by commas. */
export const REPEAT = { repeat: true } as const;
const repeats = (schema: TSchema | undefined): boolean => (schema as { repeat?: boolean } | undefined)?.repeat === true;

/** The positionals before any flag is known: everything up to the first flag. */
export const leadingPositionals = (args: readonly string[]): string[] => {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  return args.slice(0, end < 0 ? args.length : end);
};

/** Reads a command's arguments. Throws `CONFIG` (exit code 2) naming the flag, what was expected and what came. */
export function readInvocation(command: Command, args: readonly string[]): Invocation {
  const schema = command.options(leadingPositionals(args));
  const { flags, positionals } = splitArgs(command, schema, args);
  checkPositionals(command, positionals);
  const layers: ConfigLayer[] = [];
  const { config, ...rest } = flags;
  if (config !== undefined) layers.push(configFile(config as string));
  layers.push({ values: rest, label: flagOf });
  const given = new Set(layers.flatMap((layer) => Object.keys(layer.values)));
  return { positionals, options: configure(schema, layers), given };
}

interface SplitArgs {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

function splitArgs(command: Command, schema: TObject, args: readonly string[]): SplitArgs {
  const byFlag = new Map(optionsOf(schema).map((option) => [kebabCase(option.name), option]));
  const spec = Object.fromEntries(
    [...byFlag].map(([flag, option]) => [
      flag,
      {
        type: option.type === 'boolean' ? 'boolean' : 'string',
        multiple: repeats(schema.properties[option.name]),
      } as const,
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...spec, config: { type: 'string' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const flags: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'config' && token.value !== undefined) {
      flags['config'] = token.value;
      continue;
    }
    const name = token.rawName.replace(/^-+/, '');
    const negated = name.startsWith('no-') && !byFlag.has(name);
    const option = byFlag.get(negated ? name.slice(3) : name);
    const property = option && schema.properties[option.name];
    if (option === undefined || property === undefined || (negated && option.type !== 'boolean')) {
      throw unknownFlag(command, token.rawName, [...byFlag.keys()]);
    }
    if (option.type === 'boolean') {
      flags[option.name] = token.value === undefined ? !negated : readText(property, token.value);
    } else if (token.value === undefined) {
      throw new SkeinError('CONFIG', `${token.rawName}: expected a ${option.type}, got nothing`);
    } else if (repeats(property)) {
      flags[option.name] = [...((flags[option.name] as string[] | undefined) ?? []), token.value];
    } else {
      flags[option.name] = readText(property, token.value);
    }
  }
  return { flags, positionals };
}

function unknownFlag(command: Command, flag: string, known: readonly string[]): SkeinError {
  const near = nearest(flag.replace(/^-+(no-)?/, ''), known);
  return new SkeinError('CONFIG', `${flag}: expected a flag of 'skein ${command.name}', got an unknown one`, {
    advice: `${near === null ? '' : `did you mean --${near}? `}'skein ${command.name} --help' lists the flags`,
  });
}

/** The known word at most three edits away that is nearest, or null. */
export function nearest(word: string, known: readonly string[]): string | null {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  scored.sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= Math.min(3, word.length - 1) ? best.candidate : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

function checkPositionals(command: Command, given: readonly string[]): void {
  if (given.length > command.positionals.length) {
    throw new SkeinError(
      'CONFIG',
      `expected ${usageOf(command)}, got an extra argument ${show(given[command.positionals.length])}`,
    );
  }
  command.positionals.forEach((positional, i) => {
    checkPositional(command, positional, given[i]);
  });
}

function checkPositional(command: Command, positional: Positional, value: string | undefined): void {
  const choices = positional.choices === undefined ? '' : ` (${positional.choices.join(', ')})`;
  if (value === undefined) {
    if (!positional.required) return;
    throw new SkeinError('CONFIG', `${positional.name}: expected ${positional.description}${choices}, got nothing`, {
      advice: `usage: ${usageOf(command)}`,
    });
  }
  if (positional.choices !== undefined && !positional.choices.includes(value)) {
    throw new SkeinError(
      'CONFIG',
      `${positional.name}: expected one of ${positional.choices.join(', ')}, got ${show(value)}`,
    );
  }
}

/** `skein train ALGORITHM [flags]`. */
export function usageOf(command: Command): string {
  const words = command.positionals.map((p) => (p.required ? p.name.toUpperCase() : `[${p.name.toUpperCase()}]`));
  return ['skein', command.name, ...words, '[flags]'].join(' ');
}

function configFile(path: string): ConfigLayer {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SkeinError('CONFIG', `--config ${path}: cannot be read: ${messageOf(error)}`, {
      advice: 'the file must hold a JSON object whose keys are option names, such as {"learningRate": 0.001}',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SkeinError('CONFIG', `--config ${path}: expected a JSON object, got ${show(value)}`);
  }
  return { values: value as Record<string, unknown>, label: (option) => `${path}: ${option}` };
}
