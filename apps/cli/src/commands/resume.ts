/** `skein resume`: continues a stopped or killed run from its folder's checkpoint. */

import { existsSync } from 'node:fs';
import { SkeinError, Type } from '@skein/core';
import { defineCommand } from '../command.ts';
import { RunFolder } from '../run-folder.ts';
import { connectionFlags, forgetRun } from '../runtime.ts';
import { finishTraining } from '../train-finish.ts';
import type { TrainRun } from '../train-run.ts';
import { type SeedsRun, trainSeeds } from '../train-seeds.ts';
import { resumeEvolution } from './evolve.ts';
import { resumeStudy } from './tune.ts';

const Options = Type.Object(connectionFlags, { additionalProperties: false });

export const resume = defineCommand({
  name: 'resume',
  summary: 'continue a stopped or killed run exactly where its checkpoint left it',
  positionals: [{ name: 'run', description: 'folder of the run', required: true }],
  options: () => Options,
  examples: ['skein resume runs/cartpole-v1-dqn-1'],
  run: async ({ positionals, options }) => {
    const folder = new RunFolder(positionals[0] as string);
    const manifest = folder.readManifest();
    if (existsSync(folder.summary)) {
      // It may have been killed between its last file and its end.
      await forgetRun(options, folder);
      throw new SkeinError('CONFIG', `${folder.path}: expected an unfinished run, got one that has ended`, {
        advice: `its result is in ${folder.summary}`,
      });
    }
    switch (manifest.kind) {
      case 'evolve':
        return resumeEvolution(folder, manifest.config, options);
      case 'train': {
        const { backend, ...config } = manifest.config as TrainRun['config'] & Pick<TrainRun, 'backend'>;
        return finishTraining({ folder, algorithm: manifest.name, config, backend, connection: options });
      }
      case 'seeds': {
        const { backend, seeds, parallel, ...config } = manifest.config as TrainRun['config'] &
          Pick<SeedsRun, 'backend' | 'seeds' | 'parallel'>;
        const { name: algorithm } = manifest;
        return trainSeeds({ folder, algorithm, config, backend, connection: options, seeds, parallel });
      }
      case 'tune':
        return resumeStudy(folder, manifest.name, manifest.config, options);
      default:
        return manifest.kind satisfies never;
    }
  },
});
