/** Finds tasks by name in the modules that define them. Each thread and each worker has one registry. */

import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, SkeinError } from '../errors.ts';
import { isTask, type Task } from '../task.ts';

/** Where tasks come from: a task, or the URL or path of a module that exports tasks. */
export type TaskSource = Task | URL | string;

/** The tasks of the modules that were loaded, by name. */
export class TaskRegistry {
  readonly #tasks = new Map<string, Task>();
  readonly #modules = new Map<string, Promise<void>>();

  get names(): string[] {
    return [...this.#tasks.keys()].sort();
  }

  /** Imports a module once and registers the tasks that it exports. Throws `INPUT` if it cannot be imported. */
  load(module: string): Promise<void> {
    let loading = this.#modules.get(module);
    if (loading === undefined) {
      loading = this.#import(module);
      this.#modules.set(module, loading);
    }
    return loading;
  }

  async #import(module: string): Promise<void> {
    let exports: Record<string, unknown>;
    try {
      exports = (await import(module)) as Record<string, unknown>;
    } catch (error) {
      throw new SkeinError('INPUT', `task module ${module} cannot be imported: ${messageOf(error)}`, {
        cause: error,
        advice: 'a task module must run on a worker thread: check its imports and its top-level code',
      });
    }
    for (const task of exportedTasks(exports)) this.#register(task, module);
  }

  #register(task: Task, module: string): void {
    const known = this.#tasks.get(task.name);
    if (known !== undefined && known !== task && known.module !== task.module) {
      throw new SkeinError('INPUT', `two tasks are named '${task.name}': in ${known.module} and in ${module}`, {
        advice: 'rename one of them',
      });
    }
    this.#tasks.set(task.name, task);
  }

  /** The task of that name. If `module` is given it is imported when the name is unknown. Throws `UNKNOWN_NAME`. */
  async find(name: string, module: string | null): Promise<Task> {
    if (!this.#tasks.has(name) && module !== null) await this.load(module);
    const task = this.#tasks.get(name);
    if (task !== undefined) return task;
    throw new SkeinError(
      'UNKNOWN_NAME',
      `task '${name}' is not registered here; registered: ${this.names.join(', ') || 'none'}`,
      {
        details: { name, registered: this.names, module },
        advice:
          module === null
            ? 'start the worker with the module that defines the task (--tasks MODULE)'
            : `export the task from ${module}`,
      },
    );
  }
}

/** Tasks among a module's exports, also inside exported arrays and plain objects. */
function exportedTasks(exports: Record<string, unknown>): Task[] {
  return Object.values(exports).flatMap((value) => {
    if (isTask(value)) return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).filter(isTask) : [];
  });
}

/** URL of the module to import for a source; paths are relative to the working directory, bare names are packages. */
export function moduleUrl(source: TaskSource): string {
  if (isTask(source)) return importableModule(source);
  const text = String(source);
  if (/^(file|data|node):/.test(text)) return text;
  const isPath = isAbsolute(text) || text.startsWith('.') || /\.[cm]?[jt]s$/.test(text);
  return isPath ? pathToFileURL(resolve(text)).href : import.meta.resolve(text);
}

/**
 * URL of the module that defines a task. Throws `INPUT` for the program's entry file: importing it on a thread would run
 * the whole program again.
 */
export function importableModule(task: Task): string {
  if (/^(file:\/\/\/|data:)/.test(task.module) && task.module !== entryModule()) return task.module;
  const where =
    task.module === '' || task.module.includes('[eval') ? 'code that is not in a file' : 'the program itself';
  throw new SkeinError(
    'INPUT',
    `task '${task.name}' is defined in ${where} (${task.module}), which a thread cannot import`,
    {
      details: { task: task.name, module: task.module },
      advice:
        'move the task into a module of its own (export const ... = defineTask(...)) and import it from the program',
    },
  );
}

let entry: { readonly url: string | null } | null = null;

/** URL of the file that Node.js was started with; null if there is none. */
function entryModule(): string | null {
  entry ??= { url: findEntry() };
  return entry.url;
}

function findEntry(): string | null {
  const path = process.argv[1];
  if (path === undefined) return null;
  for (const candidate of [path, `${path}.js`, `${path}.mjs`, `${path}.ts`]) {
    try {
      return pathToFileURL(realpathSync(candidate)).href;
    } catch {
      // Node.js also accepts entry files without their extension: try the next one.
    }
  }
  return null;
}
