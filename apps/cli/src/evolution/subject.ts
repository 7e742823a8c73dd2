/** What is evolved: a built-in problem, a built-in problem with several objectives, or the policy of an environment. */

import { configure, createRng, type Static, Type } from '@skein/core';
import {
  type MultiObjectiveProblemName,
  multiObjectiveProblems,
  type ProblemEntry,
  type ProblemName,
  problems,
} from '@skein/evolution';
import { useBackend } from '@skein/nn';
import { type AgentParts, algorithm, environmentDefinition, evaluatePolicy, type Policy } from '@skein/rl';

/** A subject as plain data: workers make the fitness function from it. */
export const Subject = Type.Union([
  Type.Object({ kind: Type.Literal('problem'), name: Type.String(), size: Type.Optional(Type.Integer()) }),
  Type.Object({ kind: Type.Literal('front'), name: Type.String() }),
  Type.Object({
    kind: Type.Literal('policy'),
    env: Type.String(),
    hiddenUnits: Type.Array(Type.Integer()),
    /** Episodes of one individual. */
    episodes: Type.Integer({ minimum: 1 }),
    /** A policy that reaches it in its few episodes plays `CONFIRMATION_EPISODES` more, and their mean counts. */
    target: Type.Optional(Type.Number()),
    seed: Type.Integer({ minimum: 0 }),
  }),
]);
export type Subject = Static<typeof Subject>;
type PolicySubject = Extract<Subject, { kind: 'policy' }>;

const CONFIRMATION_EPISODES = 100;

export const problemOf = (name: string, size?: number) => (problems[name as ProblemName] as ProblemEntry).create(size);
export const multiProblemOf = (name: string) => multiObjectiveProblems[name as MultiObjectiveProblemName].create();

/**
 * Fitness of decoded individuals of a generation: a number each, or a number an objective. All individuals of a
 * generation play the same episodes, other generations play others.
 */
export async function fitnessOf(
  subject: Subject,
  values: readonly unknown[],
  generation: number,
): Promise<(number | number[])[]> {
  switch (subject.kind) {
    case 'problem': {
      const problem = problemOf(subject.name, subject.size);
      return values.map((value) => problem.fitness(value));
    }
    case 'front': {
      const problem = multiProblemOf(subject.name);
      return values.map((value) => [...problem.objectives(value as never)]);
    }
    case 'policy': {
      const made = await policyOf(subject);
      return values.map((weights) => returnOf(subject, made, weights as Float64Array, generation));
    }
    default:
      return subject satisfies never;
  }
}

/** Mean return of a policy. A few good episodes may be luck: reaching the target takes many. */
function returnOf(
  subject: PolicySubject,
  { policy, definition }: Made,
  weights: Float64Array,
  generation: number,
): number {
  policy.setWeights(unflatten(weights, policy));
  const { seed, episodes, target = Infinity } = subject;
  const play = (purpose: string, count: number): number => {
    const start = createRng(seed).split(purpose).split(generation).uint32();
    return evaluatePolicy(policy, definition, { episodes: count, seed: start }).mean;
  };
  const mean = play('episodes', episodes);
  return mean < target ? mean : play('confirmation', CONFIRMATION_EPISODES);
}

/** The agent that a policy's evolved weights make: evaluated and saved like a trained one. */
export async function agentOf(subject: PolicySubject, weights: ArrayLike<number>): Promise<AgentParts> {
  const { policy, name, config } = await policyOf(subject);
  return { algorithm: name, env: subject.env, config, weights: unflatten(weights, policy) };
}

/** The weights of a freshly made network, flat: where strategies start. */
export async function startOf(subject: PolicySubject): Promise<Float64Array> {
  const { policy } = await policyOf(subject);
  return Float64Array.from(policy.weights().flatMap((array) => [...array]));
}

/** One network for each subject in a thread; individuals take turns in it. */
const policies = new Map<string, Promise<Made>>();
type Made = Awaited<ReturnType<typeof makePolicy>>;

function policyOf(subject: PolicySubject): Promise<Made> {
  const key = JSON.stringify(subject);
  let made = policies.get(key);
  if (made === undefined) {
    made = makePolicy(subject);
    policies.set(key, made);
  }
  return made;
}

/** The greedy network of DQN for discrete actions, the actor of DDPG for continuous ones. */
async function makePolicy(subject: PolicySubject) {
  await useBackend('auto');
  const definition = environmentDefinition(subject.env);
  const name = definition.actionSpec.kind === 'discrete' ? 'dqn' : 'ddpg';
  const { config: schema, policy } = algorithm(name);
  const values = { env: subject.env, hiddenUnits: subject.hiddenUnits, seed: subject.seed };
  const config = configure(schema, [{ values, label: (option) => `--${option}` }]);
  return { name, definition, config, policy: policy(definition, config) };
}

function unflatten(flat: ArrayLike<number>, policy: Policy): Float32Array[] {
  let at = 0;
  return policy.weights().map((array) => array.map(() => flat[at++] as number));
}
