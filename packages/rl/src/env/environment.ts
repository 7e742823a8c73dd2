/** One environment with Gymnasium's vocabulary: a view of a vectorised environment with a single row. */

import { checkSpec, SkeinError } from '@skein/core';
import { type Picture, svg } from '../render/picture.ts';
import type { ActionOf, EnvironmentDefinition, EnvSpec, Info, ObservationOf, ObservationSpec } from './definition.ts';
import { actionArray, type VectorEnvState, vectorEnv } from './vector-env.ts';

/** What `reset` gives. */
export interface ResetResult<O> {
  readonly observation: O;
  readonly info: Info;
}

/** What `step` gives. `terminated`: the state has no future. `truncated`: the time limit cut the episode off. */
export interface StepResult<O> extends ResetResult<O> {
  readonly reward: number;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** How `render` draws: text with ANSI colours, or one SVG document. */
export type RenderMode = 'ansi' | 'svg';

/** One environment. Observations are fresh copies. */
export interface Environment<O extends ObservationSpec = ObservationSpec, A extends EnvSpec = EnvSpec> {
  readonly definition: EnvironmentDefinition<O, A>;
  readonly observationSpec: O;
  readonly actionSpec: A;
  /** Starts an episode: Gymnasium's start for the seed; without one the stream goes on (from 0 the first time). */
  reset(options?: { readonly seed?: number }): ResetResult<ObservationOf<O>>;
  /** One step. Throws `ENVIRONMENT` before `reset` and after the end of the episode, `INPUT` for an action outside the spec. */
  step(action: ActionOf<A>): StepResult<ObservationOf<O>>;
  /** The present state as text or SVG. Throws `ENVIRONMENT` if the environment has no such view. */
  render(mode: RenderMode): string;
  /** The present state as a picture; several make `animatedSvg`. Throws `ENVIRONMENT` if the environment draws none. */
  picture(): Picture;
  state(): VectorEnvState;
  restore(saved: VectorEnvState): ResetResult<ObservationOf<O>>;
}

/** A single environment of a definition. */
export function environment<O extends ObservationSpec, A extends EnvSpec>(
  definition: EnvironmentDefinition<O, A>,
): Environment<O, A> {
  const rows = vectorEnv(definition, { count: 1, autoreset: 'disabled' });
  const { observationSpec, actionSpec, id } = definition;
  const actions = actionArray(actionSpec, 1);
  const observation = () =>
    (observationSpec.kind === 'discrete' ? rows.observations[0] : rows.observations.slice()) as ObservationOf<O>;
  const lacks = (view: string) =>
    new SkeinError('ENVIRONMENT', `${id}: has no ${view} view`, { advice: `give its definition a ${view}()` });
  const shown = () => ({ observation: observation(), info: rows.info(0) });
  const picture = () => {
    if (definition.picture === undefined) throw lacks('picture');
    return definition.picture(rows.state().state, 0);
  };
  return {
    definition,
    observationSpec,
    actionSpec,
    reset: (options) => {
      rows.reset(options);
      return shown();
    },
    step: (action) => {
      if (typeof action === 'number') actions[0] = checkSpec(actionSpec, action, `${id} action`);
      else actions.set(checkLength(action, actionSpec.size, id));
      rows.step(actions);
      return {
        ...shown(),
        reward: rows.rewards[0]!,
        terminated: rows.terminated[0] === 1,
        truncated: rows.truncated[0] === 1,
      };
    },
    picture,
    render: (mode) => {
      if (mode === 'svg') return svg(picture());
      if (definition.text === undefined) throw lacks('text');
      return definition.text(rows.state().state, 0);
    },
    state: () => rows.state(),
    restore: (saved) => {
      rows.restore(saved);
      return shown();
    },
  };
}

function checkLength(action: ArrayLike<number>, size: number, id: string): ArrayLike<number> {
  if (action.length === size) return action;
  throw new SkeinError('SHAPE', `${id} action: expected ${size} numbers, got ${action.length}`);
}
