/**
 * The messages between Skein and an environment that runs in another process, in any language. Requests and replies are
 * JSON over NATS: `spec` and `make` go to the environment's subject, where any of its servers may answer; `reset` and
 * `step` go to the subject of the server that made the copy. docs/environments.md describes them for those who write one.
 */

import { Type } from '@skein/core';

/** A bound of a box: null where there is none, which JSON has no number for. */
const Bound = Type.Union([Type.Number(), Type.Null()]);
const Box = Type.Object({
  kind: Type.Literal('box'),
  shape: Type.Array(Type.Integer({ minimum: 1 })),
  /** One bound for all elements, or one an element, row-major. */
  low: Type.Union([Bound, Type.Array(Bound)]),
  high: Type.Union([Bound, Type.Array(Bound)]),
});
const Discrete = Type.Object({
  kind: Type.Literal('discrete'),
  n: Type.Integer({ minimum: 1 }),
  start: Type.Optional(Type.Integer()),
});
const MultiDiscrete = Type.Object({
  kind: Type.Literal('multiDiscrete'),
  counts: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 }),
});

/** Answer to `{ "type": "spec" }`. */
export const SpecReply = Type.Object({
  observation: Type.Union([Box, Discrete, MultiDiscrete]),
  action: Type.Union([Box, Discrete]),
  stepLimit: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  solvedAt: Type.Union([Type.Number(), Type.Null()]),
});

/** Answer to `{ "type": "make" }`: a copy of the environment, and where to reach it. */
export const MakeReply = Type.Object({ subject: Type.String({ minLength: 1 }), slot: Type.Integer({ minimum: 0 }) });

const Observation = Type.Union([Type.Number(), Type.Array(Type.Number())]);

/** Answer to `{ "type": "reset", slot, seed }`. `gone`: the server does not know the slot (any more). */
export const ResetReply = Type.Union([
  Type.Object({ observation: Observation }),
  Type.Object({ gone: Type.Literal(true) }),
]);

/** Answer to `{ "type": "step", slot, step, action }`. `gone`: the slot is not at that step of an episode (any more). */
export const StepReply = Type.Union([
  Type.Object({
    observation: Observation,
    reward: Type.Number(),
    terminated: Type.Boolean(),
    truncated: Type.Boolean(),
  }),
  Type.Object({ gone: Type.Literal(true) }),
]);

/** Any request may be answered so: the environment threw. */
export const ErrorReply = Type.Object({ error: Type.String() });

/** The subject of an environment's servers. */
export const externalSubject = (namespace: string, name: string): string => `${namespace}.env.${name}`;
