/** `skein evolve`: evolves a solution of a built-in problem, a Pareto front, or the policy of an environment. */

import { parse, Type } from '@skein/core';
import { defineCommand } from '../command.ts';
import { EvolveOptions, planOf } from '../evolution/options.ts';
import { writeEvolution } from '../evolution/results.ts';
import { runEvolution } from '../evolution/run.ts';
import { sayHowToResume } from '../interrupt.ts';
import { createRunFolder, type RunFolder } from '../run-folder.ts';
import { type ConnectionFlags, forgetRun } from '../runtime.ts';

export const evolve = defineCommand({
  name: 'evolve',
  summary: 'evolve a solution of a problem, or a policy',
  positionals: [],
  options: () =>
    Type.Object(
      {
        ...EvolveOptions.properties,
        out: Type.Optional(Type.String({ description: 'folder of the run (default runs/NAME-ALGORITHM-N)' })),
      },
      { additionalProperties: false },
    ),
  examples: [
    'skein evolve --problem x-squared',
    'skein evolve --problem rastrigin --size 10 --algorithm bipop-cma-es --seed 1',
    'skein evolve --problem zdt1',
    'skein evolve --env CartPole-v1 --algorithm cma-es --target 500',
  ],
  run: async ({ options: { out, ...options } }) => {
    const { algorithm } = planOf(options);
    const name = options.env ?? options.problem ?? 'x-squared';
    const folder = createRunFolder(out, `${name}-${algorithm}`, { kind: 'evolve', name, config: options });
    return evolveInto(folder, options);
  },
});

/** Continues an evolution from its folder's checkpoint; from the start if it was killed before the first one. */
export async function resumeEvolution(folder: RunFolder, saved: unknown, connection: ConnectionFlags): Promise<number> {
  const { nats: _nats, ...options } = parse(EvolveOptions, saved, { what: folder.manifest });
  return evolveInto(folder, { ...options, ...connection });
}

async function evolveInto(folder: RunFolder, options: EvolveOptions): Promise<number> {
  const outcome = await runEvolution(folder, options);
  if (outcome.stop === 'aborted') return sayHowToResume(folder);
  await writeEvolution(folder, options, outcome);
  await forgetRun(options, folder);
  return 0;
}
