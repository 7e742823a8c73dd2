/** Every state is refused by other algorithms and by other sizes, before anything is computed from it. */

import { expect, test } from 'vitest';
import { reals } from './encodings/numbers.ts';
import { createGeneticAlgorithm } from './genetic/genetic-algorithm.ts';
import { createNsga2 } from './multi/nsga2.ts';
import { createIslands } from './parallel/islands.ts';
import { createSteadyState } from './parallel/steady-state.ts';
import { createMapElites } from './quality-diversity/map-elites.ts';
import { createCmaEs } from './strategies/cma/cma-es.ts';
import { createRestartingCmaEs } from './strategies/cma/restarts.ts';
import { createDifferentialEvolution } from './strategies/differential-evolution.ts';
import { createOpenAiEs } from './strategies/openai-es.ts';
import { createParticleSwarm } from './strategies/particle-swarm.ts';
import { createSnes } from './strategies/snes.ts';

interface Sized {
  readonly length: number;
  readonly state?: unknown;
}
type Make = (options: Sized) => { state(): unknown };

const axes = [{ low: 0, high: 1, cells: 3 }];
const domain = ({ length, state }: Sized) => ({
  encoding: reals(length, 0, 1),
  ...(state === undefined ? {} : { state: state as never }),
});
const makers: Readonly<Record<string, Make>> = {
  'genetic algorithm': (o) => createGeneticAlgorithm({ ...domain(o), population: 8 }),
  islands: (o) => createIslands({ ...domain(o), population: 8, islands: 2 }),
  'steady state': (o) => createSteadyState({ ...domain(o), population: 8 }),
  'NSGA-II': (o) => createNsga2({ ...domain(o), population: 8 }),
  'MAP-Elites': (o) => {
    const algorithm = createMapElites({ ...domain(o), axes, batch: 4 });
    if (o.state === undefined) algorithm.tell(algorithm.ask().rows.map(() => ({ fitness: 1, descriptor: [0.5] })));
    return algorithm;
  },
  'CMA-ES': (o) => createCmaEs(domain(o)),
  'CMA-ES with restarts': (o) => createRestartingCmaEs(domain(o)),
  'differential evolution': (o) => createDifferentialEvolution(domain(o)),
  'particle swarm': (o) => createParticleSwarm(domain(o)),
  'OpenAI-ES': ({ length, ...o }) =>
    createOpenAiEs({ start: new Float64Array(length), ...(o.state === undefined ? {} : { state: o.state as never }) }),
  SNES: (o) => createSnes(domain(o)),
};

test.each(Object.entries(makers))('%s refuses states that are not its own', (name, make) => {
  const state = make({ length: 3 }).state();
  expect(() => make({ length: 3, state })).not.toThrow();
  expect(() => make({ length: 4, state })).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }));
  const foreign = makers[name === 'SNES' ? 'CMA-ES' : 'SNES'] as Make;
  expect(() => make({ length: 3, state: foreign({ length: 3 }).state() })).toThrow(/expected one of .*, got one of/);
  expect(() => make({ length: 3, state: null })).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }));
});
