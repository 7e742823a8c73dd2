/** Where environments are: the states of all rows of a run, of which each actor has a share. */

import { createRng, type Static, Type } from '@skein/core';
import { VectorEnvState } from '../env/vector-env.ts';
import { ExplorationState } from '../training/explorer.ts';
import type { Experience } from './experience.ts';

/** Environments and the streams that their exploration draws from, as plain data. */
export const RowsState = Type.Object({ env: VectorEnvState, exploration: ExplorationState });
export type RowsState = Static<typeof RowsState>;

/** Some environments among all. */
export interface Share {
  readonly firstRow: number;
  readonly rows: number;
}

type Rows = Float64Array | Float32Array | Int32Array | Uint8Array;

const rowsOf = <A extends Rows>(array: A, count: number, { firstRow, rows }: Share): A => {
  const size = array.length / count;
  return array.slice(firstRow * size, (firstRow + rows) * size) as A;
};

/** A share of the states of `count` environments. */
export function shareState({ env, exploration }: RowsState, count: number, share: Share): RowsState {
  const { firstRow, rows } = share;
  return {
    env: {
      state: rowsOf(env.state, count, share),
      random: rowsOf(env.random, count, share),
      elapsed: rowsOf(env.elapsed, count, share),
      ended: rowsOf(env.ended, count, share),
    },
    exploration: {
      streams: exploration.streams.slice(firstRow, firstRow + rows),
      noise: rowsOf(exploration.noise, count, share),
    },
  };
}

/** Writes states of environments into a batch. */
export function writeState(to: Experience, { env, exploration }: RowsState): void {
  to.state.set(env.state);
  to.random.set(env.random);
  to.elapsed.set(env.elapsed);
  to.draws.set(exploration.streams.map(({ counter }) => counter));
  to.noise.set(exploration.noise);
}

/** The states of `count` environments with those of a share replaced by what a batch holds. A stream's key never changes. */
export function readState(all: RowsState, from: Experience, count: number, { firstRow, rows }: Share): RowsState {
  const { env, exploration } = all;
  const put = <A extends Rows>(to: A, array: { subarray(from: number, to: number): ArrayLike<number> }): void => {
    const size = to.length / count;
    to.set(array.subarray(0, rows * size), firstRow * size);
  };
  put(env.state, from.state);
  put(env.random, from.random);
  put(env.elapsed, from.elapsed);
  put(exploration.noise, from.noise);
  const streams = exploration.streams.map((stream, row) => {
    const draws = from.draws[row - firstRow];
    return row >= firstRow && row < firstRow + rows ? { ...stream, counter: draws! } : stream;
  });
  return { env, exploration: { streams, noise: exploration.noise } };
}

/** The seed of what an actor does on its own: its own for every actor, attempt and point of the run. */
export const actorSeed = (seed: number, actor: number, attempt: number, step: number): number =>
  createRng(seed).split('actor').split(actor).split(attempt).split(step).uint32();
