/** What a command is: a value from which parsing, help and completion are derived. */

import type { Static, TObject } from '@skein/core';

/** A command of the `skein` program. */
export interface Command<S extends TObject = TObject> {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The positional arguments, in order. */
  readonly positionals: readonly Positional[];
  /** The flags, as an object schema; may depend on the positionals (an algorithm has its own options). */
  options(positionals: readonly string[]): S;
  readonly examples: readonly string[];
  /** Does the work and gives the exit code. */
  run(invocation: Invocation<S>): Promise<number>;
}

/** A positional argument. `choices` are listed in help and checked. */
export interface Positional {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
}

/** A parsed command line: checked positionals and options. */
export interface Invocation<S extends TObject = TObject> {
  readonly positionals: readonly string[];
  readonly options: Static<S>;
  /** The options that were given on the command line or in the configuration file, by name. */
  readonly given: ReadonlySet<string>;
}

/** Keeps a command's option type through inference. */
export const defineCommand = <S extends TObject>(command: Command<S>): Command => command as unknown as Command;
