/** Schemas of the plain data in checkpoints: arrays over any kind of buffer, random streams, weights. */

import { Float32, Float64, Int32, type RngState, Type, Uint8 } from '@skein/core';

export const Float32Data = Type.Unsafe<Float32Array>(Float32);
export const Float64Data = Type.Unsafe<Float64Array>(Float64);
export const Int32Data = Type.Unsafe<Int32Array>(Int32);
export const Uint8Data = Type.Unsafe<Uint8Array>(Uint8);

/** Weights of a network, in order. */
export const Weights = Type.Array(Float32Data);

/** A random stream's state. */
export const RandomState = Type.Unsafe<RngState>(
  Type.Object({
    key: Type.Tuple([Type.Integer(), Type.Integer()]),
    counter: Type.Integer({ minimum: 0 }),
  }),
);
