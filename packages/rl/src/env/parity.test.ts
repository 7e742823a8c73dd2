/** Step for step what Gymnasium recorded: same starts for the same seeds, same states, rewards, ends and observations. */

import { expectClose } from '@skein/core/testkit';
import { describe, expect, test } from 'vitest';
import { blackjack } from '../envs/blackjack.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { frozenLake } from '../envs/frozen-lake.ts';
import { mountainCarContinuous } from '../envs/mountain-car-continuous.ts';
import { taxi } from '../envs/taxi.ts';
import { fixture, float32s, float64s } from '../fixtures.ts';
import { NumpyRandom } from '../random/numpy-random.ts';
import { stickyActions } from '../wrappers/sticky-actions.ts';
import type { EnvironmentDefinition } from './definition.ts';
import { environments } from './registry.ts';
import { actionArray, vectorEnv } from './vector-env.ts';

interface Recording {
  readonly stride: number;
  readonly stateSize: number;
  readonly scripted: boolean;
  readonly lengths: readonly number[];
  /** 1 terminated, 2 truncated, 3 both. */
  readonly ends: readonly number[];
  readonly returns: string;
  readonly lastRewards: string;
  readonly lastObservations: string;
  readonly states: string;
}

const TOLERANCE = { rtol: 1e-12, atol: 1e-14 };

/** Episodes recorded without a registered time limit had this one. */
const RECORDED_LIMIT = 200;

/** The policies that fixtures/trajectories.py scripts for every fourth episode: push along a velocity. */
const SCRIPTED: Readonly<Record<string, (observation: Float32Array) => number>> = {
  'MountainCar-v0': (o) => (o[1]! >= 0 ? 2 : 0),
  'MountainCarContinuous-v0': (o) => (o[1]! >= 0 ? 1 : -1),
  'Acrobot-v1': (o) => (o[5]! >= 0 ? 2 : 0),
};

/**
 * Two correct sines may differ in their last digit, and these systems double such a difference every few steps: each
 * stored state is compared, then taken over.
 */
const CHAOTIC: ReadonlySet<string> = new Set(['Pendulum-v1', 'Acrobot-v1']);

/** Same dynamics as another id's. */
const UNRECORDED: ReadonlySet<string> = new Set(['CartPole-v0', 'Taxi-v3']);

const definitions: Readonly<Record<string, EnvironmentDefinition>> = {
  ...environments,
  'CartPole-v1-sticky': stickyActions(cartPole(), 0.25),
  'FrozenLake-v1-firm': frozenLake({ slippery: false }),
  'FrozenLake-v1-half': frozenLake({ successRate: 0.5, rewards: { goal: 5, hole: -2, frozen: -1 } }),
  'MountainCarContinuous-v0-fast': mountainCarContinuous({ goalVelocity: 0.03 }),
  'Taxi-v4-rainy': taxi({ rainy: true }),
  'Taxi-v4-fickle': taxi({ rainy: true, fickle: true, fickleProbability: 1 }),
  'Blackjack-v1-natural': blackjack({ book: false, natural: true }),
};

describe.each(Object.entries(definitions).filter(([name]) => !UNRECORDED.has(name)))('%s', (name, registered) => {
  const recording = fixture<Recording>(`trajectories-${name}`);
  const definition = { ...registered, stepLimit: registered.stepLimit ?? RECORDED_LIMIT };

  test(`${recording.lengths.length} recorded episodes`, () => {
    const states = float64s(recording.states);
    const returns = float64s(recording.returns);
    const lastRewards = float64s(recording.lastRewards);
    const observations = float32s(recording.lastObservations);
    const { size } = definition.observationSpec;
    let next = 0;
    recording.lengths.forEach((length, seed) => {
      const compareState = (state: Float64Array): Float64Array => {
        const recorded = states.subarray(next, next + recording.stateSize);
        expectClose(state.subarray(0, recording.stateSize), recorded, TOLERANCE);
        next += recording.stateSize;
        return recorded;
      };
      const played = play(definition, seed, recording, compareState);
      expect([played.length, played.end]).toEqual([length, recording.ends[seed]]);
      expectClose(played.return, returns[seed]!, TOLERANCE);
      expectClose(played.lastReward, lastRewards[seed]!, TOLERANCE);
      // Observations are float32: a difference of one unit in the last place of the state may round the other way.
      expectClose(played.observation, observations.subarray(seed * size, (seed + 1) * size), {
        rtol: 2e-7,
        atol: 1e-9,
      });
    });
    expect(next).toBe(states.length);
  });
});

function play(
  definition: EnvironmentDefinition,
  seed: number,
  recording: Recording,
  compareState: (state: Float64Array) => Float64Array,
) {
  const env = vectorEnv(definition, { autoreset: 'disabled' });
  env.reset({ seed });
  compareState(env.state().state);
  const actions = actionArray(definition.actionSpec, 1);
  const random = new NumpyRandom();
  random.seed(10_000 + seed);
  const policy = recording.scripted && seed % 4 === 3 ? SCRIPTED[definition.id] : undefined;
  let total = 0;
  for (;;) {
    actions[0] = policy === undefined ? randomAction(definition, random) : policy(env.observations);
    env.step(actions);
    total += env.rewards[0]!;
    const end = env.terminated[0]! + 2 * env.truncated[0]!;
    const length = env.elapsed[0]!;
    const isStored = length % recording.stride === 0 || end > 0;
    const recorded = isStored ? compareState(env.state().state) : null;
    if (end > 0) return { length, end, return: total, lastReward: env.rewards[0]!, observation: env.observations };
    if (recorded !== null && CHAOTIC.has(definition.id)) env.restore({ ...env.state(), state: recorded });
  }
}

function randomAction({ actionSpec }: EnvironmentDefinition, random: NumpyRandom): number {
  return actionSpec.kind === 'discrete'
    ? random.integer(actionSpec.n)
    : random.uniform(actionSpec.low[0]!, actionSpec.high[0]!);
}
