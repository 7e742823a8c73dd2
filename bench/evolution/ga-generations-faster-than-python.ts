/** Time of one generation of a genetic algorithm against DEAP, pymoo, PyGAD and EvoTorch, one core each, same sizes. */

import { createGeneticAlgorithm, generational, oneMax, type Problem, rastrigin } from '@skein/evolution';
import { type Benchmark, pythonWith, type Row, runPython, significant } from '../harness.ts';

/**
 * One generation each time: selection, crossover, mutation, evaluation, survival. Rastrigin-30: binary tournament, SBX
 * (eta 15, rate 0.9), polynomial mutation (eta 20, 1/30), best of parents and offspring. OneMax-1000: tournament of 3,
 * two-point crossover, bit flip (1/1000), offspring replace parents. PyGAD has neither SBX nor polynomial mutation: it
 * runs two-point crossover and random mutation of one gene in thirty. EvoTorch crosses every couple, has no bit flip (it
 * is written here) and runs Rastrigin in the precision of all others, float64, and in its default, float32, each by the
 * fastest of three ways: its algorithm, its functions with a mutation written here, and those compiled. Skein, pymoo, PyGAD
 * and EvoTorch evaluate whole populations, with a kernel, NumPy or PyTorch, DEAP one individual at a time.
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

def evotorch_onemax():
    import torch
    from evotorch import Problem
    from evotorch.algorithms import GeneticAlgorithm
    from evotorch.operators import CopyingOperator, TwoPointCrossOver
    class Bits(Problem):
        def __init__(self):
            super().__init__('max', solution_length=1000, dtype=torch.uint8, eval_dtype=torch.float32, seed=1)
        def _fill(self, values):
            values.random_(0, 2, generator=self.generator)
        def _evaluate_batch(self, batch):
            batch.set_evals(batch.values.sum(-1, dtype=torch.float32))
    class BitFlip(CopyingOperator):
        def _do(self, batch):
            result = batch.clone()
            values = result.access_values()
            values ^= (torch.rand(values.shape, generator=self.problem.generator) < 1 / 1000).to(torch.uint8)
            return result
    task = Bits()
    operators = [TwoPointCrossOver(task, tournament_size=3, num_children=n), BitFlip(task)]
    return [GeneticAlgorithm(task, operators=operators, popsize=n, elitist=False, re_evaluate=False).step]

def evotorch_rastrigin(real):
    import torch
    from evotorch import Problem
    from evotorch.algorithms import GeneticAlgorithm
    from evotorch.operators import PolynomialMutation, SimulatedBinaryCrossOver
    from evotorch.operators.functional import simulated_binary_cross_over, take_best
    low, high = -5.12, 5.12
    def fitness(x):
        return torch.sum(10 + x ** 2 - 10 * torch.cos(2 * np.pi * x), dim=-1)
    task = Problem('min', fitness, solution_length=30, bounds=(low, high), dtype=real, vectorized=True, seed=1)
    operators = [SimulatedBinaryCrossOver(task, tournament_size=2, eta=15, num_children=n), PolynomialMutation(task, eta=20, mutation_probability=1 / 30)]
    def cross(values, evals):
        children = simulated_binary_cross_over(values, evals, eta=15.0, tournament_size=2, num_children=n, objective_sense='min')
        return torch.clamp(children, low, high)
    def mutate(x):
        chosen = torch.rand_like(x) < 1 / 30
        s = x[chosen]
        r = torch.rand_like(s)
        at = (s - low) / (high - low)
        down = (2 * r + (1 - 2 * r) * (1 - at) ** 21) ** (1 / 21) - 1
        up = 1 - (2 * (1 - r) + (2 * r - 1) * at ** 21) ** (1 / 21)
        x[chosen] = torch.clamp(s + torch.where(r < 0.5, down, up) * (high - low), low, high)
        return x
    def functional(cross, fitness):
        values = torch.rand(n, 30, dtype=real) * (high - low) + low
        state = [values, fitness(values)]
        def generation():
            with torch.no_grad():
                children = mutate(cross(*state))
                state[:] = take_best(torch.cat([state[0], children]), torch.cat([state[1], fitness(children)]), n, objective_sense='min')
        return generation
    ways = [GeneticAlgorithm(task, operators=operators, popsize=n, elitist=True, re_evaluate=False).step, functional(cross, fitness)]
    try:
        compiled = functional(torch.compile(cross, dynamic=False), torch.compile(fitness, dynamic=False))
        compiled()
        ways.append(compiled)
    except Exception:
        pass  # no C++ compiler on this machine
    return ways

def with_evotorch(bits_of_float):
    import torch
    from evotorch.tools import set_default_logger_config
    set_default_logger_config(logger_level='ERROR', override=True)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if problem == 'onemax':
        return evotorch_onemax()
    return evotorch_rastrigin(torch.float64 if bits_of_float == 64 else torch.float32)

def seconds_of(generation):
    generation()
    times = []
    for _ in range(generations):
        began = time.perf_counter()
        generation()
        times.append(time.perf_counter() - began)
    return {'median': sorted(times)[len(times) // 2], 'least': min(times)}

if library == 'PyGAD':
    ga = with_pygad()(generations)
    began = time.perf_counter()
    ga.run()
    mean = (time.perf_counter() - began) / generations
    ways = [{'median': mean, 'least': mean}]
else:
    makers = {'DEAP': lambda: [with_deap()], 'pymoo': lambda: [with_pymoo()], 'EvoTorch': lambda: with_evotorch(64), 'EvoTorch float32': lambda: with_evotorch(32)}
    ways = [seconds_of(generation) for generation in makers[library]()]
print(json.dumps({part: 1000 * min(way[part] for way in ways) for part in ('median', 'least')}))
`;

/** The Python module of each side. */
const LIBRARIES = {
  DEAP: 'deap',
  pymoo: 'pymoo',
  PyGAD: 'pygad',
  EvoTorch: 'evotorch',
  'EvoTorch float32': 'evotorch',
} as const;
type Library = keyof typeof LIBRARIES;
type Name = 'rastrigin' | 'onemax';

/** A generation of ours, ready to run. */
function skeinGeneration(problem: Problem, population: number): () => void {
  const strings = problem.encoding.kind === 'symbols';
  const algorithm = createGeneticAlgorithm({
    ...problem,
    population,
    seed: 1,
    ...(strings && { survival: generational() }),
  });
  const { fitness } = problem;
  return () => {
    const asked = algorithm.ask();
    algorithm.tell(fitness.ofAll?.(asked) ?? asked.rows.map((row) => fitness(row)));
  };
}

/** Milliseconds of a generation. */
interface Times {
  readonly median: number;
  readonly least: number;
}

/** The median of medians, the least of all. */
function summary(turns: readonly Times[]): Times {
  const medians = turns.map(({ median }) => median).sort((a, b) => a - b);
  return { median: medians[medians.length >> 1] as number, least: Math.min(...turns.map(({ least }) => least)) };
}

/** Times of the first generations of a run, after other runs have warmed the code up. */
function timed(problem: Problem, population: number, generations: number): Times {
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
    const ms = performance.now() - start;
    return { median: ms, least: ms };
  });
  return summary(times);
}

/** Times of a library; null if it is not installed. */
function timedPython(library: Library, problem: Name, population: number, generations: number): Times | null {
  const python = pythonWith('numpy', LIBRARIES[library]);
  return python === null
    ? null
    : runPython<Times>(python, PYTHON, [JSON.stringify({ library, problem, population, generations })]);
}

/** One row a library: our side has a turn before each and one at the end; the median of its medians counts. */
function compare(name: Name, problem: Problem, population: number): Row[] {
  const generations = population < 10_000 ? 30 : 12;
  const turns: Times[] = [];
  const theirs = (Object.keys(LIBRARIES) as Library[])
    .filter((library) => name === 'rastrigin' || library !== 'EvoTorch float32')
    .map((library) => {
      turns.push(timed(problem, population, generations));
      return [library, timedPython(library, name, population, generations)] as const;
    });
  turns.push(timed(problem, population, generations));
  const ours = summary(turns);
  const row = (side: string, times: Times | null): Row => ({
    problem: name === 'rastrigin' ? 'Rastrigin-30' : 'OneMax-1000',
    population,
    side,
    'ms, median': times === null ? 'not installed' : significant(times.median),
    'ms, least': times === null ? '' : significant(times.least),
    'generations/s': times === null ? '' : significant(1000 / times.median),
    'evaluations/s': times === null ? '' : significant((1000 * population) / times.median),
    'Skein is times as fast': times === null ? '' : significant(times.median / ours.median),
    'by least times': times === null ? '' : significant(times.least / ours.least),
  });
  return [row('Skein', ours), ...theirs.map(([library, times]) => row(library, times))];
}

export const benchmark: Benchmark = {
  claim:
    'A generation of the genetic algorithm takes less than a twentieth of the time that DEAP needs and less than a third of what the fastest vectorised Python library needs, EvoTorch in single precision included (Skein computes in double precision).',
  run: async ({ quick }) =>
    (quick ? [100] : [100, 1000, 10_000]).flatMap((population) => [
      ...compare('rastrigin', rastrigin(30) as Problem, population),
      ...compare('onemax', oneMax(1000) as Problem, population),
    ]),
};
