/** The environments by id: a typed constant, from which command-line choices, tables and tests are derived. */

import { SkeinError } from '@skein/core';
import { acrobot } from '../envs/acrobot.ts';
import { blackjack } from '../envs/blackjack.ts';
import { cartPole } from '../envs/cart-pole.ts';
import { cliffWalking } from '../envs/cliff-walking.ts';
import { frozenLake } from '../envs/frozen-lake.ts';
import { mountainCar } from '../envs/mountain-car.ts';
import { mountainCarContinuous } from '../envs/mountain-car-continuous.ts';
import { pendulum } from '../envs/pendulum.ts';
import { taxi } from '../envs/taxi.ts';
import { environmentAt, isExternalAddress } from '../external/address.ts';
import type { EnvironmentDefinition } from './definition.ts';
import { type Environment, environment } from './environment.ts';
import { type VectorEnv, type VectorEnvOptions, vectorEnv } from './vector-env.ts';

export const environments = {
  'Acrobot-v1': acrobot(),
  'Blackjack-v1': blackjack(),
  'CartPole-v0': cartPole({ id: 'CartPole-v0', stepLimit: 200, solvedAt: 195 }),
  'CartPole-v1': cartPole(),
  'CliffWalking-v1': cliffWalking(),
  'CliffWalkingSlippery-v1': cliffWalking({ id: 'CliffWalkingSlippery-v1', slippery: true }),
  'FrozenLake-v1': frozenLake(),
  'FrozenLake8x8-v1': frozenLake({ id: 'FrozenLake8x8-v1', map: '8x8', stepLimit: 200, solvedAt: 0.85 }),
  'MountainCar-v0': mountainCar(),
  'MountainCarContinuous-v0': mountainCarContinuous(),
  'Pendulum-v1': pendulum(),
  'Taxi-v3': taxi({ id: 'Taxi-v3' }),
  'Taxi-v4': taxi(),
} as const satisfies Readonly<Record<string, EnvironmentDefinition>>;

/** An id of `environments`. */
export type EnvironmentId = keyof typeof environments;
type Definitions = typeof environments;
type SpecsOf<D> = D extends EnvironmentDefinition<infer O, infer A> ? [O, A] : never;

/**
 * The definition of an id, or of the environment that another process serves at `nats://HOST:PORT/NAME`. Throws
 * `UNKNOWN_NAME` listing the ids, and `CONNECTION` if nothing is served there.
 */
export function environmentDefinition(id: string): EnvironmentDefinition {
  if (isExternalAddress(id)) return environmentAt(id);
  if (Object.hasOwn(environments, id)) return environments[id as EnvironmentId];
  throw new SkeinError(
    'UNKNOWN_NAME',
    `environment: expected one of ${Object.keys(environments).join(', ')}, got ${id}`,
    {
      advice: 'choose one of them, pass your own environment definition, or give the address of a served one',
      details: { id },
    },
  );
}

/** An environment by id or from a definition. Throws `UNKNOWN_NAME` for an unknown id. */
export function makeEnv<Id extends EnvironmentId>(
  id: Id,
): Environment<SpecsOf<Definitions[Id]>[0], SpecsOf<Definitions[Id]>[1]>;
export function makeEnv<D extends EnvironmentDefinition>(definition: D): Environment<SpecsOf<D>[0], SpecsOf<D>[1]>;
export function makeEnv(id: string): Environment;
export function makeEnv(which: string | EnvironmentDefinition): Environment {
  return environment(typeof which === 'string' ? environmentDefinition(which) : which);
}

/** A vectorised environment by id or from a definition. Throws `UNKNOWN_NAME` for an unknown id. */
export function makeVectorEnv<Id extends EnvironmentId>(
  id: Id,
  options?: VectorEnvOptions,
): VectorEnv<SpecsOf<Definitions[Id]>[0], SpecsOf<Definitions[Id]>[1]>;
export function makeVectorEnv<D extends EnvironmentDefinition>(
  definition: D,
  options?: VectorEnvOptions,
): VectorEnv<SpecsOf<D>[0], SpecsOf<D>[1]>;
export function makeVectorEnv(id: string, options?: VectorEnvOptions): VectorEnv;
export function makeVectorEnv(which: string | EnvironmentDefinition, options: VectorEnvOptions = {}): VectorEnv {
  return vectorEnv(typeof which === 'string' ? environmentDefinition(which) : which, options);
}
