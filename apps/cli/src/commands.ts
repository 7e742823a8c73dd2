/** Every command of the program. */

import type { Command } from './command.ts';
import { evolve } from './commands/evolve.ts';

export const commands: readonly Command[] = [evolve];
