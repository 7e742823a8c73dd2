/**
 * A run's folder: everything a run leaves behind, under fixed names.
 *
 *   run.json          what was asked for: written once, before any work
 *   metrics.jsonl     metrics by step
 *   tensorboard/      the same for TensorBoard
 *   checkpoint.skein  where `skein resume` continues
 *   task.json         the training task that the run has on a server, while it is unfinished
 *   journal.skein     how tasks on threads of this machine ended; its lock belongs to the process that has the run
 *   agent.skein       the best agent so far
 *   front.json        the Pareto front that an evolution found
 *   best.json         the best options that a study found: a configuration file
 *   summary.json      how it ended: written last, when everything else is there
 *   curve.svg, report.html
 */

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, parse, SkeinError, type Static, type TSchema, Type, writeFileAtomic } from '@skein/core';
import { VERSION } from './version.ts';

/** What `run.json` holds. `config` is the complete configuration, defaults included. */
export const RunManifest = Type.Object({
  format: Type.Literal(1),
  /** Names the run on servers; unique. */
  id: Type.String(),
  kind: Type.Union([Type.Literal('train'), Type.Literal('seeds'), Type.Literal('tune'), Type.Literal('evolve')]),
  /** Algorithm or problem. */
  name: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  skein: Type.String(),
  createdAt: Type.String(),
});
export type RunManifest = Static<typeof RunManifest>;

/** The paths of a run. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get manifest(): string {
    return join(this.path, 'run.json');
  }
  get metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }
  get tensorBoard(): string {
    return join(this.path, 'tensorboard');
  }
  get checkpoint(): string {
    return join(this.path, 'checkpoint.skein');
  }
  get task(): string {
    return join(this.path, 'task.json');
  }
  get journal(): string {
    return join(this.path, 'journal.skein');
  }
  get agent(): string {
    return join(this.path, 'agent.skein');
  }
  get front(): string {
    return join(this.path, 'front.json');
  }
  get best(): string {
    return join(this.path, 'best.json');
  }
  get summary(): string {
    return join(this.path, 'summary.json');
  }
  get curve(): string {
    return join(this.path, 'curve.svg');
  }
  get report(): string {
    return join(this.path, 'report.html');
  }

  /** What the run is called on a server: the same in every process that continues it. */
  get serverName(): string {
    const { kind, id } = this.readManifest();
    return `${kind}-${id}`;
  }

  /** What was asked for. Throws `CONFIG` if the folder is not a run's. */
  readManifest(): RunManifest {
    return readJson(RunManifest, this.manifest, `expected the folder of a run, which holds run.json`);
  }

  writeJson(path: string, value: unknown): void {
    writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** Reads and checks a JSON file of a run folder. */
export function readJson<S extends TSchema>(schema: S, path: string, advice: string): Static<S> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SkeinError('CONFIG', `${path}: cannot be read: ${messageOf(error)}`, { advice });
  }
  return parse(schema, value, { what: path });
}

/**
 * Makes the folder of a new run and writes its manifest. Without a path, the first free of `runs/NAME-1`, `runs/NAME-2`, ...
 * Throws `CONFIG` if the path already holds a run: nothing is overwritten.
 */
export function createRunFolder(
  path: string | undefined,
  base: string,
  run: Pick<RunManifest, 'kind' | 'name' | 'config'>,
): RunFolder {
  const folder = new RunFolder(path ?? freePath(base));
  if (existsSync(folder.manifest)) {
    throw new SkeinError('CONFIG', `--out ${folder.path}: expected a new folder, got one that holds a run`, {
      advice: `continue it with 'skein resume ${folder.path}' or choose another folder`,
    });
  }
  try {
    mkdirSync(folder.path, { recursive: true });
  } catch (error) {
    throw new SkeinError('CONFIG', `--out ${folder.path}: cannot be made: ${messageOf(error)}`, {
      advice: 'choose a folder that you may write to',
    });
  }
  folder.writeJson(folder.manifest, {
    format: 1,
    id: randomUUID(),
    ...run,
    skein: VERSION,
    createdAt: new Date().toISOString(),
  });
  return folder;
}

function freePath(base: string): string {
  const name = base.toLowerCase().replace(/[^a-z0-9.-]+/g, '-');
  for (let n = 1; ; n++) {
    const path = join('runs', `${name}-${n}`);
    if (!existsSync(path)) return path;
  }
}
