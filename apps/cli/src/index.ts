/** Public table of contents of @skein/cli: the command as a function. */

export { kebabCase, readInvocation } from './args.ts';
export type { Command } from './command.ts';
export { commands } from './commands.ts';
export { commandHelp } from './help.ts';
export { main } from './main.ts';
