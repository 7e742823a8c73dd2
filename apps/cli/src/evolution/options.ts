/** The flags of `skein evolve` and what they mean together. */

import { SkeinError, type Static, Type } from '@skein/core';
import {
  canSearch,
  multiObjectiveProblems,
  type OptimiserEntry,
  type OptimiserName,
  optimisers,
  type ProblemEntry,
  type ProblemName,
  problems,
} from '@skein/evolution';
import { environmentDefinition } from '@skein/rl';
import { connectionFlags } from '../runtime.ts';
import { problemOf, type Subject } from './subject.ts';

const singleNames = Object.keys(problems);
const frontNames = Object.keys(multiObjectiveProblems);
const literals = (names: readonly string[]) => names.map((name) => Type.Literal(name));

/** Strategies that start from a point and need no bounds: those for the weights of policies. */
export const POLICY_ALGORITHMS = ['cma-es', 'sep-cma-es', 'snes', 'openai-es'] as const;

export const EvolveOptions = Type.Object(
  {
    problem: Type.Optional(
      Type.Union(literals([...singleNames, ...frontNames]), {
        description: 'what to optimise; x-squared if neither a problem nor an environment is given',
      }),
    ),
    env: Type.Optional(Type.String({ description: 'environment whose policy is evolved, instead of a problem' })),
    algorithm: Type.Optional(
      Type.Union(literals([...new Set([...Object.keys(optimisers), ...POLICY_ALGORITHMS, 'nsga2'])]), {
        description:
          'how; genetic-algorithm for problems, cma-es for policies, nsga2 for several objectives if left out',
      }),
    ),
    size: Type.Optional(Type.Integer({ minimum: 1, description: "bits or dimensions; the problem's own if left out" })),
    population: Type.Optional(
      Type.Integer({ minimum: 2, description: "individuals; the problem's or algorithm's own if left out" }),
    ),
    generations: Type.Optional(
      Type.Integer({ minimum: 1, description: "most generations; the problem's own if left out" }),
    ),
    target: Type.Optional(
      Type.Number({ description: 'stop at this fitness; the optimum, or what solves the environment, if left out' }),
    ),
    seed: Type.Integer({ minimum: 0, default: 7, description: 'seed of all randomness' }),
    hiddenUnits: Type.Array(Type.Integer({ minimum: 1 }), {
      default: [16],
      description: "units of the policy's hidden layers",
    }),
    episodes: Type.Integer({ minimum: 1, default: 5, description: 'episodes that each policy plays in a generation' }),
    explain: Type.Optional(
      Type.Boolean({ description: 'print every generation of x-squared: wheel, mates, cuts, flips' }),
    ),
    threads: Type.Optional(Type.Integer({ minimum: 1, description: 'evaluate generations on this many threads' })),
    batch: Type.Integer({
      minimum: 1,
      default: 16,
      description: 'individuals of one task when threads or workers evaluate',
    }),
    ...connectionFlags,
  },
  { additionalProperties: false },
);
export type EvolveOptions = Static<typeof EvolveOptions>;

/** An evolution, complete: defaults are filled in and the parts fit together. */
export interface EvolutionPlan {
  readonly subject: Subject;
  readonly algorithm: string;
  readonly title: string;
  readonly population: number | undefined;
  readonly generations: number;
  /** Fitness at which to stop. */
  readonly target: number | undefined;
}

/** Generations of a policy if nothing else is said. */
const POLICY_GENERATIONS = 200;
const FRONT_GENERATIONS = 250;

/** What the options mean. Throws `CONFIG` naming the flags that do not fit together. */
export function planOf(options: EvolveOptions): EvolutionPlan {
  if (options.env !== undefined) return policyPlan(options, options.env);
  const name = options.problem ?? 'x-squared';
  return frontNames.includes(name) ? frontPlan(options, name) : problemPlan(options, name as ProblemName);
}

function policyPlan(options: EvolveOptions, env: string): EvolutionPlan {
  if (options.problem !== undefined) {
    throw new SkeinError('CONFIG', `--env: expected either --problem or --env, got ${options.problem} and ${env}`);
  }
  const { solvedAt } = definitionOf(env);
  const algorithm = options.algorithm ?? 'cma-es';
  if (!POLICY_ALGORITHMS.some((known) => known === algorithm)) {
    throw new SkeinError(
      'CONFIG',
      `--algorithm: expected one of ${POLICY_ALGORITHMS.join(', ')} for a policy, got ${algorithm}`,
    );
  }
  const { hiddenUnits, episodes, seed } = options;
  const target = options.target ?? solvedAt ?? undefined;
  return {
    subject: { kind: 'policy', env, hiddenUnits, episodes, seed, ...(target === undefined ? {} : { target }) },
    algorithm,
    title: `${algorithm} on ${env}`,
    population: options.population,
    generations: options.generations ?? POLICY_GENERATIONS,
    target,
  };
}

function definitionOf(env: string) {
  try {
    return environmentDefinition(env);
  } catch (error) {
    throw new SkeinError('CONFIG', `--env: ${(error as Error).message.replace(/^environment: /, '')}`);
  }
}

function frontPlan(options: EvolveOptions, name: string): EvolutionPlan {
  const algorithm = options.algorithm ?? 'nsga2';
  if (algorithm !== 'nsga2')
    throw new SkeinError('CONFIG', `--algorithm: expected nsga2 for ${name}, got ${algorithm}`);
  return {
    subject: { kind: 'front', name },
    algorithm,
    title: `nsga2 on ${name}`,
    population: options.population,
    generations: options.generations ?? FRONT_GENERATIONS,
    target: undefined,
  };
}

function problemPlan(options: EvolveOptions, name: ProblemName): EvolutionPlan {
  const entry: ProblemEntry = problems[name];
  const problem = problemOf(name, options.size);
  const algorithm = options.algorithm ?? 'genetic-algorithm';
  const optimiser: OptimiserEntry | undefined = Object.hasOwn(optimisers, algorithm)
    ? optimisers[algorithm as OptimiserName]
    : undefined;
  if (optimiser === undefined || !canSearch(optimiser, problem)) {
    const able = Object.entries(optimisers).filter(([, candidate]) => canSearch(candidate, problem));
    throw new SkeinError(
      'CONFIG',
      `--algorithm: expected one of ${able.map(([able]) => able).join(', ')} for ${name}, got ${algorithm}`,
    );
  }
  const genetic = algorithm === 'genetic-algorithm' || algorithm === 'islands';
  return {
    subject: { kind: 'problem', name, ...(options.size === undefined ? {} : { size: options.size }) },
    algorithm,
    title: `${algorithm} on ${problem.name}`,
    population: options.population ?? (genetic ? entry.population : undefined),
    generations: options.generations ?? (genetic ? entry.generations : 10 * entry.generations),
    target: options.target ?? problem.optimum,
  };
}
