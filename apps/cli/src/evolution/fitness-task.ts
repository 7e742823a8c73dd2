/** The fitness of a batch as a task: generations are evaluated on threads or on workers anywhere. */

import { defineTask, Type } from '@skein/core';
import { fitnessOf, Subject } from './subject.ts';

export const fitnessTask = defineTask({
  name: 'evolution/fitness',
  description: 'evaluates individuals of a built-in problem or policies on an environment',
  module: import.meta.url,
  input: Type.Object({
    subject: Subject,
    values: Type.Array(Type.Unknown()),
    generation: Type.Integer({ minimum: 0 }),
  }),
  output: Type.Array(Type.Union([Type.Number(), Type.Array(Type.Number())])),
  run: (_context, { subject, values, generation }) => fitnessOf(subject, values, generation),
});
