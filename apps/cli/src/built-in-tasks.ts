/** The modules with Skein's own tasks: every worker and every local runtime of the program can run them. */

import { moduleBeside } from '@skein/core';

/** URLs of the modules. Given by URL because threads and workers import them; nothing is loaded here. */
export const builtInTasks: readonly string[] = [
  import.meta.resolve('@skein/rl/tasks'),
  moduleBeside('evolution/fitness-task', import.meta.url),
];
