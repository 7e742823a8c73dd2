/** Every command of the program. */

import type { Command } from './command.ts';
import { doctor } from './commands/doctor.ts';
import { evolve } from './commands/evolve.ts';
import { resume } from './commands/resume.ts';

export const commands: readonly Command[] = [evolve, resume, doctor];
