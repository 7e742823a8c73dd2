/** A task with a large input and a small result. */

import { defineTask, Type } from '@skein/core';

export const measured = defineTask({
  name: 'test/measured',
  input: Type.Object({ x: Type.Integer(), text: Type.String() }),
  output: Type.Integer(),
  run: (_context, { x, text }) => x + text.length,
});
