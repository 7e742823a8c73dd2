/** Help texts, derived from the commands and their option schemas. */

import { type OptionInfo, optionsOf } from '@skein/core';
import { kebabCase, usageOf } from './args.ts';
import type { Command } from './command.ts';

const INDENT = '  ';

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${INDENT}${left.padEnd(width)}  ${right}`).join('\n');
};

/** The overview that `skein --help` prints. */
export function overview(commands: readonly Command[], version: string): string {
  return [
    `skein ${version}: distributed reinforcement learning and black-box optimisation`,
    '',
    'Usage: skein COMMAND [arguments] [flags]',
    '',
    'Commands:',
    columns(commands.map((command) => [command.name, command.summary])),
    '',
    "'skein COMMAND --help' shows a command's flags with their defaults.",
  ].join('\n');
}

/** What `skein COMMAND --help` prints. Options may depend on the positionals given before `--help`. */
export function commandHelp(command: Command, positionals: readonly string[]): string {
  const lines = [command.summary, '', `Usage: ${usageOf(command)}`];
  if (command.positionals.length > 0) {
    lines.push('', 'Arguments:');
    lines.push(columns(command.positionals.map((p) => [p.name.toUpperCase(), describe(p.description, p.choices)])));
  }
  lines.push('', 'Flags:', columns(flagRows(optionsOf(command.options(positionals)))));
  if (command.examples.length > 0) lines.push('', 'Examples:', ...command.examples.map((line) => `${INDENT}${line}`));
  return lines.join('\n');
}

const describe = (text: string, choices: readonly string[] | undefined): string =>
  choices === undefined ? text : `${text}: ${choices.join(', ')}`;

function flagRows(options: readonly OptionInfo[]): [string, string][] {
  const rows = options.map((option): [string, string] => {
    const flag = `--${kebabCase(option.name)}`;
    return [option.type === 'boolean' ? flag : `${flag} ${option.type.toUpperCase()}`, withDefault(option)];
  });
  return [
    ...rows,
    ['--config FILE', 'JSON file with options by name; flags win over it'],
    ['--help', 'show this text'],
  ];
}

function withDefault(option: OptionInfo): string {
  const text = option.choices.length === 0 ? option.description : describe(option.description, option.choices);
  if (option.required) return `${text} (required)`;
  if (option.fallback === undefined) return text;
  const value = Array.isArray(option.fallback) ? option.fallback.join(',') : String(option.fallback);
  return value === '' ? text : `${text} (default ${value})`;
}
