/** `skein evaluate`: plays a trained agent and gives its returns. */

import { existsSync, readFileSync } from 'node:fs';
import { SkeinError, Type } from '@skein/core';
import { evaluateTask } from '@skein/rl/tasks';
import { builtInTasks } from '../built-in-tasks.ts';
import { defineCommand } from '../command.ts';
import { RunFolder } from '../run-folder.ts';
import { openRuntime } from '../runtime.ts';
import { runFlags } from './train.ts';

const Options = Type.Object(
  {
    episodes: Type.Integer({ minimum: 1, default: 100, description: 'episodes to play' }),
    seed: Type.Integer({ minimum: 0, default: 0, description: 'episode i starts from seed + i' }),
    env: Type.Optional(Type.String({ description: "another environment than the agent's own" })),
    json: Type.Boolean({ default: false, description: 'print JSON with every return' }),
    ...runFlags,
  },
  { additionalProperties: false },
);

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'play a trained agent without exploration and give its returns',
  positionals: [{ name: 'run', description: 'folder of the run', required: true }],
  options: () => Options,
  examples: ['skein evaluate runs/cartpole-v1-dqn-1 --episodes 100', 'skein evaluate runs/cartpole-v1-dqn-1 --json'],
  run: async ({ positionals, options }) => {
    const folder = new RunFolder(positionals[0] as string);
    const manifest = folder.readManifest();
    if (!existsSync(folder.agent)) {
      throw new SkeinError('CONFIG', `${folder.agent}: expected a trained agent, got no such file`, {
        advice: 'an agent is saved at the first evaluation of a training run',
      });
    }
    const { episodes, seed, env, json, backend, ...flags } = options;
    await using runtime = await openRuntime({
      flags,
      threads: 1,
      modules: builtInTasks,
      say: (text) => console.error(text),
    });
    const result = await runtime.run(evaluateTask, {
      agent: await runtime.blobs.put(readFileSync(folder.agent)),
      episodes,
      seed,
      backend,
      ...(env === undefined ? {} : { env }),
    });
    const { mean, std, min, max, meanLength } = result;
    if (json) console.log(JSON.stringify(result));
    else
      console.log(
        `${env ?? manifest.config['env']}: mean return ${mean.toFixed(2)} +- ${std.toFixed(2)} (min ${min}, max ${max}) over ${episodes} episodes of ${meanLength.toFixed(1)} steps`,
      );
    return 0;
  },
});
