/** Options of training with actors: processes or threads that act while the learner learns. */

import { Type } from '@skein/core';

/** How actors and learner keep step. */
export type ActorMode = 'lock-step' | 'free-running';

export const actorOptions = {
  actors: Type.Integer({
    default: 0,
    minimum: 0,
    description: 'tasks that act, each with a share of the environments; 0: the learner acts itself',
  }),
  mode: Type.Unsafe<ActorMode>(
    Type.Union([Type.Literal('lock-step'), Type.Literal('free-running')], {
      default: 'lock-step',
      description:
        'with actors: in turns with the learner, to the same bits for any number of them; or without waiting',
    }),
  ),
  samplesPerInsert: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      description:
        'free-running: how often a transition is replayed on average (default batchSize updatesPerRound / trainEvery)',
    }),
  ),
  samplesPerInsertTolerance: Type.Number({
    default: 0.1,
    exclusiveMinimum: 0,
    description: 'free-running: how far actors or learner may run ahead, as a share of the replay at the start',
  }),
  maxStaleness: Type.Integer({
    default: 100,
    minimum: 1,
    description: 'free-running: transitions made with parameters this many publications old are thrown away',
  }),
  publishEvery: Type.Integer({
    default: 16,
    minimum: 1,
    description: 'free-running: gradient steps between publications of the parameters',
  }),
};

/** The values of `actorOptions`. */
export interface ActorConfig {
  readonly actors: number;
  readonly mode: ActorMode;
  readonly samplesPerInsert?: number;
  readonly samplesPerInsertTolerance: number;
  readonly maxStaleness: number;
  readonly publishEvery: number;
}

/** Environments of a run: every actor has one. */
export const environmentCount = ({
  envCount,
  actors,
}: {
  readonly envCount: number;
  readonly actors: number;
}): number => Math.max(envCount, actors);
