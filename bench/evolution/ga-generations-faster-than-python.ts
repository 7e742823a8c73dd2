/** Time of one generation of a genetic algorithm, against DEAP, pymoo and PyGAD, one core each, same operators and sizes. */

import { createGeneticAlgorithm, generational, oneMax, type Problem, rastrigin } from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

/**
 * One generation each time: selection, crossover, mutation, evaluation, survival. Rastrigin-30: binary tournament, SBX
 * (eta 15, rate 0.9), polynomial mutation (eta 20, 1/30), best of parents and offspring. OneMax-1000: tournament of 3,
 * two-point crossover, bit flip (1/1000), offspring replace parents. PyGAD has neither SBX nor polynomial mutation: it
 * runs two-point crossover and random mutation of one gene in thirty. pymoo and PyGAD evaluate whole populations with
 * NumPy, DEAP one individual at a time with Python's own functions.
 */
const PYTHON = `
import json, sys, time, random, warnings
import numpy as np
warnings.filterwarnings('ignore')
job = json.loads(sys.argv[1])
library, problem, n, generations = job['library'], job['problem'], job['population'], job['generations']
random.seed(1)
np.random.seed(1)

def rastrigin(x):
    return np.sum(10 + x ** 2 - 10 * np.cos(2 * np.pi * x), axis=-1)

def with_deap():
    from deap import base, creator, tools, algorithms, benchmarks
    real = problem == 'rastrigin'
    creator.create('Fitness', base.Fitness, weights=(-1.0,) if real else (1.0,))
    creator.create('Individual', list, fitness=creator.Fitness)
    box = base.Toolbox()
    draw = (lambda: random.uniform(-5.12, 5.12)) if real else (lambda: random.randint(0, 1))
    box.register('individual', tools.initRepeat, creator.Individual, draw, 30 if real else 1000)
    box.register('evaluate', benchmarks.rastrigin if real else lambda s: (sum(s),))
    if real:
        box.register('mate', tools.cxSimulatedBinaryBounded, eta=15, low=-5.12, up=5.12)
        box.register('mutate', tools.mutPolynomialBounded, eta=20, low=-5.12, up=5.12, indpb=1 / 30)
    else:
        box.register('mate', tools.cxTwoPoint)
        box.register('mutate', tools.mutFlipBit, indpb=1 / 1000)
    box.register('select', tools.selTournament, tournsize=2 if real else 3)
    population = [box.individual() for _ in range(n)]
    for one in population:
        one.fitness.values = box.evaluate(one)
    def generation():
        nonlocal population
        offspring = algorithms.varAnd(box.select(population, n), box, 0.9 if real else 1.0, 1.0)
        for one in offspring:
            one.fitness.values = box.evaluate(one)
        population = tools.selBest(population + offspring, n) if real else offspring
    return generation

def with_pymoo():
    from pymoo.core.problem import Problem
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.termination import NoTermination
    from pymoo.operators.crossover.sbx import SBX
    from pymoo.operators.crossover.pntx import TwoPointCrossover
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.mutation.bitflip import BitflipMutation
    from pymoo.operators.sampling.rnd import BinaryRandomSampling
    class Real(Problem):
        def __init__(self):
            super().__init__(n_var=30, n_obj=1, xl=-5.12, xu=5.12)
        def _evaluate(self, x, out, *args, **kwargs):
            out['F'] = rastrigin(x)
    class Bits(Problem):
        def __init__(self):
            super().__init__(n_var=1000, n_obj=1, xl=0, xu=1, vtype=bool)
        def _evaluate(self, x, out, *args, **kwargs):
            out['F'] = -x.sum(axis=1)
    if problem == 'rastrigin':
        ga = GA(pop_size=n, crossover=SBX(eta=15, prob=0.9), mutation=PM(eta=20), eliminate_duplicates=False)
        ga.setup(Real(), termination=NoTermination(), seed=1)
    else:
        ga = GA(pop_size=n, sampling=BinaryRandomSampling(), crossover=TwoPointCrossover(), mutation=BitflipMutation(), eliminate_duplicates=False)
        ga.setup(Bits(), termination=NoTermination(), seed=1)
    ga.next()
    return ga.next

def with_pygad():
    import pygad
    real = problem == 'rastrigin'
    def fitness(ga, solutions, indices):
        return (-rastrigin(solutions) if real else solutions.sum(axis=1)).tolist()
    def run(count):
        return pygad.GA(num_generations=count, num_parents_mating=n, sol_per_pop=n, num_genes=30 if real else 1000,
            gene_type=float if real else int, init_range_low=-5.12 if real else 0, init_range_high=5.12 if real else 2,
            gene_space={'low': -5.12, 'high': 5.12} if real else [0, 1], parent_selection_type='tournament',
            K_tournament=2 if real else 3, crossover_type='two_points', crossover_probability=0.9 if real else 1.0,
            mutation_type='random', mutation_num_genes=1, keep_elitism=0, keep_parents=0,
            fitness_func=fitness, fitness_batch_size=n, random_seed=1, suppress_warnings=True)
    return run

if library == 'PyGAD':
    ga = with_pygad()(generations)
    began = time.perf_counter()
    ga.run()
    seconds = (time.perf_counter() - began) / generations
else:
    generation = with_deap() if library == 'DEAP' else with_pymoo()
    times = []
    for _ in range(generations):
        began = time.perf_counter()
        generation()
        times.append(time.perf_counter() - began)
    seconds = sorted(times)[len(times) // 2]
print(json.dumps(1000 * seconds))
`;

const LIBRARIES = { DEAP: 'deap', pymoo: 'pymoo', PyGAD: 'pygad' } as const;
type Library = keyof typeof LIBRARIES;

/** A generation of ours, ready to run. */
function skeinGeneration(problem: Problem, population: number): () => void {
  const strings = problem.encoding.kind === 'symbols';
  const algorithm = createGeneticAlgorithm({
    ...problem,
    population,
    seed: 1,
    ...(strings && { survival: generational() }),
  });
  const fitness = new Float64Array(population);
  return () => {
    const { rows } = algorithm.ask();
    for (let i = 0; i < population; i++) fitness[i] = problem.fitness(rows[i]);
    algorithm.tell(fitness);
  };
}

/** Median milliseconds of the first generations of a run, after other runs have warmed the code up. */
function timed(problem: Problem, population: number, generations: number): number {
  const began = performance.now();
  while (performance.now() - began < 500) {
    const warmUp = skeinGeneration(problem, population);
    for (let g = 0; g < generations; g++) warmUp();
  }
  const generation = skeinGeneration(problem, population);
  generation();
  const times = Array.from({ length: generations }, () => {
    const start = performance.now();
    generation();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}

export const benchmark: Benchmark = {
  claim: 'A generation of the genetic algorithm takes a small part of the time that Python libraries need.',
  run: async ({ quick }) => {
    const cases = [
      ['rastrigin', rastrigin(30)],
      ['onemax', oneMax(1000)],
    ] as const;
    return (quick ? [100] : [100, 1000, 10_000]).flatMap((population) =>
      cases.map(([name, problem]): Row => {
        const generations = Math.max(3, Math.min(30, 3000 / population));
        const ours = timed(problem as Problem, population, generations);
        const row: Record<string, string | number> = {
          problem: problem.encoding.kind === 'reals' ? 'Rastrigin-30' : 'OneMax-1000',
          population,
          'Skein ms': significant(ours),
          'Skein evaluations/s': Math.round((1000 * population) / ours),
        };
        for (const library of Object.keys(LIBRARIES) as Library[]) {
          const python = pythonWith(LIBRARIES[library], 'numpy');
          const job = { library, problem: name, population, generations };
          const theirs = python === null ? null : runPython<number>(python, PYTHON, [JSON.stringify(job)]);
          row[`${library} ms`] = theirs === null ? 'not installed' : significant(theirs);
          row[`times as fast as ${library}`] = theirs === null ? '' : significant(theirs / ours);
        }
        return row;
      }),
    );
  },
};
