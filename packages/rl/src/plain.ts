/** Schemas of the plain data in checkpoints: random streams and weights. */

import { Float32, type RngState, Type } from '@skein/core';

/** Weights of a network, in order. */
export const Weights = Type.Array(Float32);

/** A random stream's state. */
export const RandomState = Type.Unsafe<RngState>(
  Type.Object({
    key: Type.Tuple([Type.Integer(), Type.Integer()]),
    counter: Type.Integer({ minimum: 0 }),
  }),
);
