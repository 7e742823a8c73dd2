/** Trials of plain functions, on threads of this machine: the module is imported by its URL. */

import { type ObjectiveContext, OutcomeSchema, objectiveContext } from '@skein/bayesopt';
import { defineTask, Type } from '@skein/core';

type Evaluate = (values: unknown, context: ObjectiveContext) => unknown;

/** Calls the exported function `name` of a module with the values of a trial. */
export const functionTask = defineTask({
  name: 'tune/function',
  description: 'evaluates a function of a module of this machine',
  module: import.meta.url,
  input: Type.Object({
    module: Type.String(),
    name: Type.String(),
    values: Type.Record(Type.String(), Type.Unknown()),
  }),
  output: Type.Union([Type.Number(), OutcomeSchema]),
  run: async (context, { module, name, values }) => {
    const exports = (await import(module)) as Readonly<Record<string, Evaluate>>;
    return (await exports[name]!(values, objectiveContext(context))) as number;
  },
});
