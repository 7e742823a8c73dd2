/** Every command of the program. */

import type { Command } from './command.ts';
import { doctor } from './commands/doctor.ts';
import { evaluate } from './commands/evaluate.ts';
import { evolve } from './commands/evolve.ts';
import { resume } from './commands/resume.ts';
import { cancel, logs, runs, status, workers } from './commands/runs.ts';
import { train } from './commands/train.ts';
import { tune } from './commands/tune.ts';
import { watch } from './commands/watch.ts';
import { worker } from './commands/worker.ts';

export const commands: readonly Command[] = [
  train,
  evaluate,
  watch,
  resume,
  tune,
  evolve,
  worker,
  workers,
  runs,
  status,
  logs,
  cancel,
  doctor,
];
