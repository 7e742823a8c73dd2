/** Objectives: a function together with its space, as a task that any worker can run. */

import {
  defineTask,
  isTask,
  SkeinError,
  type Space,
  type Static,
  type Task,
  type TaskContext,
  Type,
  type Values,
} from '@skein/core';
import { type Outcome, OutcomeSchema } from './trial.ts';

/** What an objective's function knows beside its values. */
export interface ObjectiveContext extends Pick<TaskContext, 'signal' | 'rng' | 'blobs' | 'parameters'> {
  /** Reports an intermediate value, at a step above the last; true if the trial should stop now. */
  report(step: number, value: number): Promise<boolean>;
}

export interface ObjectiveDefinition<S extends Space> {
  /** Name of the task. */
  readonly name: string;
  readonly space: S;
  /** Larger values are better; default false. */
  readonly maximise?: boolean;
  /** What the value is, for tables and pictures; default the name. */
  readonly label?: string;
  /** `import.meta.url` of the defining module: threads and workers import it. */
  readonly module: string;
  readonly evaluate: (values: Values<S>, context: ObjectiveContext) => number | Outcome | Promise<number | Outcome>;
}

const InputSchema = Type.Record(Type.String(), Type.Unknown());
const OutputSchema = Type.Union([Type.Number(), OutcomeSchema]);

/** A task with the space that its input is chosen from. */
export interface StudyObjective<S extends Space = Space> extends Task<typeof InputSchema, typeof OutputSchema> {
  readonly space: S;
  readonly maximise: boolean;
  readonly label: string;
}

/** What an objective reports on its way. */
export const ObjectiveReport = Type.Object({ step: Type.Number(), value: Type.Number() });

/** Publishing anything under this name asks a trial to stop: its next `report` gives true. */
export const stopTrialParameter = (taskId: string): string => `bayesopt/objective/${taskId}/stop`;

/**
 * Defines an objective. Export it from a module of its own: `skein tune MODULE` tunes it, and `skein worker --tasks MODULE`
 * serves its trials. Throws `INPUT` for a name that no task may have, or a module that is no URL.
 */
export function defineObjective<S extends Space>(definition: ObjectiveDefinition<S>): StudyObjective<S> {
  const { name, space, maximise = false, label = name, module, evaluate } = definition;
  if (!URL.canParse(module)) {
    throw new SkeinError('INPUT', `objective '${name}': module: expected a URL, got ${JSON.stringify(module)}`, {
      advice: 'Give import.meta.url: threads and workers import the module from there.',
    });
  }
  const task = defineTask({
    name,
    description: label,
    module,
    input: InputSchema,
    output: OutputSchema,
    run: async (context, values) =>
      (await evaluate(values as Values<S>, objectiveContext(context))) as Static<typeof OutputSchema>,
  });
  return { ...task, space, maximise, label };
}

/** True for what `defineObjective` made. */
export const isObjective = (value: unknown): value is StudyObjective => isTask(value) && 'space' in value;

/**
 * What a task's context offers to an objective. Whether to stop is looked up at each report: a message may come late, but
 * a trial never waits for one.
 */
export function objectiveContext(context: TaskContext): ObjectiveContext {
  const { signal, rng, blobs, parameters, taskId } = context;
  return {
    signal,
    rng,
    blobs,
    parameters,
    report: async (step, value) => {
      context.progress({ step, value });
      return (await parameters.latest(stopTrialParameter(taskId))) !== null;
    },
  };
}
