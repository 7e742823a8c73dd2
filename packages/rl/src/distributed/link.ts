/** How a learner and its actors reach each other: a published parameter one way, a stream of experience the other. */

import { type ParameterStore, type Static, type StreamStore, Type } from '@skein/core';
import { Weights } from '../plain.ts';
import { RowsState } from './rows.ts';

/** The stores of a runtime or of a task, under the name of one training run. */
export interface ActorLink {
  /** Names the run among those that share the stores: letters, digits, `-`, `_`. */
  readonly name: string;
  readonly parameters: ParameterStore;
  readonly streams: StreamStore;
  /** Aborted, with the error, when an actor has failed for good. */
  readonly failed?: AbortSignal;
}

/** The parameter that a run's learner publishes. */
export const actorParameter = (name: string): string => `rl/actors/${name}`;
/** The stream of a run's experience. */
export const actorStream = (name: string): string => `actors-${name}`;

/** Tells a run's actors that it is over: their tasks end. */
export async function endActors({ parameters, name }: Pick<ActorLink, 'parameters' | 'name'>): Promise<void> {
  await parameters.publish(actorParameter(name), { type: 'over' } satisfies Publication);
}

const Step = Type.Integer({ minimum: 0 });

/** What a learner tells its actors. */
export const Publication = Type.Union([
  /** Lock-step: play so many turns from where the environments are, and send them. */
  Type.Object({
    type: Type.Literal('play'),
    step: Step,
    turns: Type.Integer({ minimum: 1 }),
    weights: Weights,
    rows: RowsState,
  }),
  /** Free-running: act with these weights from now on. */
  Type.Object({ type: Type.Literal('follow'), step: Step, weights: Weights }),
  /** The run has ended. */
  Type.Object({ type: Type.Literal('over') }),
]);
export type Publication = Static<typeof Publication>;
export type PlayRound = Extract<Publication, { readonly type: 'play' }>;
