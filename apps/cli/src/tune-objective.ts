/** Studies of functions of one's own: a module exports an objective, a task, or a function, with a space. */

import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Evaluate,
  isObjective,
  ObjectiveReport,
  type Outcome,
  OutcomeSchema,
  type Pruner,
  stopTrialParameter,
} from '@skein/bayesopt';
import {
  createRng,
  fits,
  isTask,
  messageOf,
  parse,
  type Runtime,
  SkeinError,
  type Space,
  type Task,
  type TObject,
  Type,
} from '@skein/core';
import { readSpace } from './dimension-text.ts';
import { functionTask } from './function-task.ts';
import type { Subject } from './tune-subject.ts';

/** A module and perhaps the name of one of its exports: `./objective.ts#loss`. */
export const isModule = (text: string): boolean => /[./\\#]/.test(text);

/** The reference with an absolute path, so that a study can be resumed from any folder. */
export function absoluteReference(text: string): string {
  const [path, name] = splitReference(text);
  const absolute = resolve(path);
  if (!existsSync(absolute)) {
    throw new SkeinError('CONFIG', `${path}: expected a module, got a file that does not exist`, {
      advice: 'give the path of a module that exports an objective, such as ./objective.ts',
    });
  }
  return name === null ? absolute : `${absolute}#${name}`;
}

function splitReference(text: string): readonly [path: string, name: string | null] {
  const at = text.lastIndexOf('#');
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

export interface ObjectiveFlags {
  readonly param: readonly string[];
  readonly maximise: boolean;
  readonly seed: number;
  readonly pruner: Pruner | null;
  /** Trials run on workers, which know tasks only. */
  readonly remote: boolean;
}

type Callable = (...args: never[]) => unknown;

/** The subject that a reference names. Throws `CONFIG` for a module without what is needed, saying what it exports. */
export async function objectiveSubject(reference: string, flags: ObjectiveFlags): Promise<Subject> {
  const [path, wanted] = splitReference(reference);
  const module = pathToFileURL(resolve(path)).href;
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    throw new SkeinError('CONFIG', `${path}: cannot be imported: ${messageOf(error)}`, { cause: error });
  }
  const name = wanted ?? onlyCandidate(path, exports);
  const value = exports[name];
  const common = {
    title: name === 'default' ? basename(path) : `${basename(path)}#${name}`,
    seed: flags.seed,
    pruner: flags.pruner,
    common: {},
  };
  const options = (values: Readonly<Record<string, unknown>>) => values;
  if (isObjective(value)) {
    const space = flags.param.length > 0 ? readSpace(flags.param, schemaOf(value.space)) : value.space;
    const maximise = value.maximise || flags.maximise;
    return {
      ...common,
      space,
      maximise,
      label: value.label,
      modules: [module],
      options,
      trial: trialsOf(value, flags),
    };
  }
  if (isTask(value)) {
    const space = spaceOf(path, exports, flags.param, value.input as TObject);
    const { maximise } = flags;
    return { ...common, space, maximise, label: value.name, modules: [module], options, trial: trialsOf(value, flags) };
  }
  if (typeof value !== 'function') throw unusable(path, name, exports);
  if (flags.remote) {
    throw new SkeinError('CONFIG', `${path}#${name}: expected an objective or a task with --nats, got a function`, {
      advice: `wrap it: export const ${name === 'default' ? 'loss' : name} = defineObjective({ name, space, module: import.meta.url, evaluate }), and start workers with --tasks ${path}`,
    });
  }
  const space = spaceOf(path, exports, flags.param, null);
  const wrap = (values: unknown) => ({ module, name, values });
  return {
    ...common,
    space,
    maximise: flags.maximise,
    label: name === 'default' ? 'value' : name,
    modules: [functionTask.module],
    options,
    trial: trialsOf(functionTask, flags, wrap),
  };
}

/** Names of the exports that can be tuned: objectives before tasks, tasks before functions. */
function candidates(exports: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(exports);
  const kinds = [isObjective, isTask, (value: unknown): value is Callable => typeof value === 'function'];
  return kinds.map((is) => names.filter((name) => is(exports[name]))).find((found) => found.length > 0) ?? [];
}

function onlyCandidate(path: string, exports: Readonly<Record<string, unknown>>): string {
  const found = candidates(exports);
  if (found.length === 1) return found[0] as string;
  if (found.includes('default')) return 'default';
  if (found.length === 0) throw unusable(path, null, exports);
  throw new SkeinError('CONFIG', `${path}: expected one objective, got several: ${found.join(', ')}`, {
    advice: `name the one to tune: ${path}#${found[0]}`,
  });
}

function unusable(path: string, name: string | null, exports: Readonly<Record<string, unknown>>): SkeinError {
  const names = Object.keys(exports);
  const what = name === null ? path : `${path}#${name}`;
  const got = name !== null && name in exports ? typeof exports[name] : `exports ${names.join(', ') || 'nothing'}`;
  return new SkeinError('CONFIG', `${what}: expected an objective, a task or a function, got ${got}`, {
    advice: 'export one: export const loss = defineObjective({ name, space, module: import.meta.url, evaluate })',
  });
}

/** The module's space, or that of the flags. */
function spaceOf(
  path: string,
  exports: Readonly<Record<string, unknown>>,
  param: readonly string[],
  input: TObject | null,
): Space {
  const { space } = exports;
  if (param.length > 0) return readSpace(param, input);
  if (typeof space === 'object' && space !== null && Object.keys(space).length > 0) return space as Space;
  throw new SkeinError('CONFIG', `${path}: expected an export named space, or --param, got neither`, {
    advice: "for example export const space = { x: real(-1, 1) }, or --param 'x=real(-1,1)'",
  });
}

/** An object schema with a space's names. */
const schemaOf = (space: Space): TObject =>
  Type.Object(Object.fromEntries(Object.keys(space).map((name) => [name, Type.Unknown()])));

const Output = Type.Union([Type.Number(), OutcomeSchema]);

/** One task a trial. What it reports may get it pruned: it is then asked to stop, and its own outcome does not count. */
const trialsOf =
  (task: Task, { seed, pruner }: ObjectiveFlags, wrap: (values: unknown) => unknown = (values) => values) =>
  (runtime: Runtime): Evaluate<Space> =>
  async (values, context) => {
    const id = `trial-${context.trial}`;
    let pruned: Outcome | null = null;
    const onProgress = (raw: unknown): void => {
      // A task of one's own may report other things, too.
      if (!fits(ObjectiveReport, raw)) return;
      const { step, value } = raw;
      if (pruned !== null || !context.report(step, value)) return;
      pruned = { kind: 'pruned', step, value };
      void runtime.parameters.publish(stopTrialParameter(id), true).catch(() => undefined);
    };
    const rng = createRng(seed).split('trials').split(context.trial);
    const { result } = runtime.submit(task, wrap(values), { id, rng, onProgress, keepReports: pruner !== null });
    const output = parse(Output, await result, { what: `result of ${task.name}`, code: 'TASK_OUTPUT' });
    return pruned ?? output;
  };
