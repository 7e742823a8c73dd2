/** Public table of contents of @skein/cli: the command as a function. */

export { main } from './main.ts';
