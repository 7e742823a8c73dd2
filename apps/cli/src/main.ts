/** The `skein` command: finds the command, reads its arguments, runs it, and turns errors into texts and exit codes. */

import { describeError, SkeinError } from '@skein/core';
import { leadingPositionals, nearest, readInvocation } from './args.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, overview } from './help.ts';
import { VERSION } from './version.ts';

/** Exit codes: the command line was wrong, and the work failed. */
const EXIT = { usage: 2, failure: 1 } as const;

const isHelp = (arg: string): boolean => arg === '--help' || arg === '-h';

/** Runs a command line (without the program's name) and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || isHelp(name) || name === 'help') {
    console.log(overview(commands, VERSION));
    return name === undefined ? EXIT.usage : 0;
  }
  if (name === '--version') {
    console.log(VERSION);
    return 0;
  }
  try {
    return await runCommand(findCommand(name), args);
  } catch (error) {
    console.error(describeError(error));
    if (!(error instanceof SkeinError) && error instanceof Error) console.error(error.stack);
    return error instanceof SkeinError && error.code === 'CONFIG' ? EXIT.usage : EXIT.failure;
  }
}

function findCommand(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const near = nearest(name, names);
  throw new SkeinError('CONFIG', `expected a command (${names.join(', ')}), got '${name}'`, {
    advice: near === null ? "'skein --help' describes the commands" : `did you mean 'skein ${near}'?`,
  });
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  if (args.some(isHelp)) {
    console.log(commandHelp(command, leadingPositionals(args)));
    return 0;
  }
  return command.run(readInvocation(command, args));
}
