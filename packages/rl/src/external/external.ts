/**
 * Environments in other processes and languages, as definitions like any other: wrappers, agents, evaluation and tasks
 * work on them. A row holds what the other side showed last; the environment itself stays there, in a slot.
 *
 * An episode that its server has lost (it was started again, or the run resumes from a checkpoint) is cut off where it
 * was: it counts as truncated, and the next one begins. So such runs resume, but not bit for bit.
 */

import {
  box,
  discrete,
  multiDiscrete,
  type NatsConnectionOptions,
  natsDefaults,
  parse,
  type RequestOptions,
  SkeinError,
  type Static,
  type TSchema,
} from '@skein/core';
import type { ActionArray, EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';
import type { NumpyRandom } from '../random/numpy-random.ts';
import { type Ask, openBridge } from './bridge.ts';
import { ErrorReply, externalSubject, MakeReply, ResetReply, SpecReply, StepReply } from './protocol.ts';
import { Slots } from './slots.ts';

/** Where an external environment is served. */
export interface ExternalOptions extends NatsConnectionOptions {
  /** The name that its server gave it: letters, digits, `-`, `_`. */
  readonly name: string;
}

/** Places in a row, before the observation. */
const SLOT = 0;
const STEP = 1;
const TERMINATED = 2;
const TRUNCATED = 3;
const OBSERVATION = 4;

const NO_SLOT = 0;

/** An environment that is asked for the first time is there or is not. */
const FIRST_CONTACT = { timeoutMs: 10_000, patienceMs: 1_000 } as const;

const SEEDS = 2 ** 32 - 1;

/** The definition of an environment that is served under a name. Throws `CONNECTION` if no one serves it. */
export function externalEnvironment(options: ExternalOptions): EnvironmentDefinition {
  const { name, ...connection } = options;
  const [server] = typeof options.servers === 'string' ? options.servers.split(',') : options.servers;
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new SkeinError('INPUT', `external environment: expected a name of letters, digits, - and _, got ${name}`);
  }
  const subject = externalSubject(options.namespace ?? natsDefaults.namespace, name);
  return new External(`${server}/${name}`, subject, openBridge(connection)).definition();
}

type ShownReset = Exclude<Static<typeof ResetReply>, { readonly gone: true }>;
type Request = Readonly<Record<string, unknown>> & { readonly type: string };

/** Asks the servers of one environment. */
class External {
  readonly #id: string;
  readonly #subject: string;
  readonly #ask: Ask;
  readonly #slots = new Slots();

  constructor(id: string, subject: string, ask: Ask) {
    this.#id = id;
    this.#subject = subject;
    this.#ask = ask;
  }

  definition(): EnvironmentDefinition {
    const spec = this.#request(SpecReply, this.#subject, { type: 'spec' }, FIRST_CONTACT);
    const observationSpec = observationSpecOf(spec.observation);
    const actionSpec = actionSpecOf(spec.action);
    return {
      id: this.#id,
      summary: 'an environment in another process',
      observationSpec,
      actionSpec,
      stepLimit: spec.stepLimit,
      solvedAt: spec.solvedAt,
      stateSize: OBSERVATION + observationSpec.size,
      begin: (state, at, random) => this.#begin(state, at, random, observationSpec),
      advance: (state, at, actions, actionAt) =>
        this.#advance(state, at, actions, actionAt, observationSpec, actionSpec),
      isTerminal: (state, at) => state[at + TERMINATED] === 1,
      isTruncated: (state, at) => state[at + TRUNCATED] === 1,
      observe: (state, at, out, outAt) => {
        for (let i = 0; i < observationSpec.size; i++) out[outAt + i] = state[at + OBSERVATION + i]!;
      },
    };
  }

  #begin(state: Float64Array, at: number, random: NumpyRandom, spec: ObservationSpec): void {
    const reply = this.#reset(state, at, random.integer(SEEDS));
    state[at + STEP] = 0;
    state[at + TERMINATED] = 0;
    state[at + TRUNCATED] = 0;
    this.#show(state, at, reply.observation, spec);
  }

  /** Begins an episode in the row's copy; in another one if that is lost. */
  #reset(state: Float64Array, at: number, seed: number): ShownReset {
    const make = () => this.#request(MakeReply, this.#subject, { type: 'make' });
    for (;;) {
      const { id, place, isNew } = this.#slots.take(state[at + SLOT]!, state, at, make);
      const reply = this.#requestCopy(ResetReply, place.subject, { type: 'reset', slot: place.slot, seed });
      state[at + SLOT] = 'gone' in reply ? NO_SLOT : id;
      if (!('gone' in reply)) return reply;
      if (isNew) throw new SkeinError('ENVIRONMENT', `${this.#id}: its server loses what it has just made`);
    }
  }

  #advance(
    state: Float64Array,
    at: number,
    actions: ActionArray,
    actionAt: number,
    spec: ObservationSpec,
    actionSpec: EnvSpec,
  ): number {
    const place = this.#slots.find(state[at + SLOT]!, state, at);
    const action =
      actionSpec.kind === 'discrete'
        ? actions[actionAt]!
        : Array.from(actions.subarray(actionAt, actionAt + actionSpec.size));
    const step = state[at + STEP]!;
    const reply =
      place === undefined
        ? ({ gone: true } as const)
        : this.#requestCopy(StepReply, place.subject, { type: 'step', slot: place.slot, step, action });
    if ('gone' in reply) {
      state[at + TRUNCATED] = 1;
      return 0;
    }
    state[at + STEP] = step + 1;
    state[at + TERMINATED] = reply.terminated ? 1 : 0;
    state[at + TRUNCATED] = reply.truncated ? 1 : 0;
    this.#show(state, at, reply.observation, spec);
    return reply.reward;
  }

  #show(state: Float64Array, at: number, observation: number | readonly number[], spec: ObservationSpec): void {
    const values = typeof observation === 'number' ? [observation] : observation;
    if (values.length !== spec.size) {
      throw new SkeinError(
        'ENVIRONMENT',
        `${this.#id}: expected ${spec.size} numbers of observation, got ${values.length}`,
      );
    }
    state.set(values, at + OBSERVATION);
  }

  /** Asks the server of a copy; a server that is no more has lost it. */
  #requestCopy<S extends TSchema>(schema: S, subject: string, question: Request): Static<S> | { readonly gone: true } {
    try {
      return this.#request(schema, subject, question, { patienceMs: 0 });
    } catch (error) {
      if (error instanceof SkeinError && error.details['nobody'] === true) return { gone: true };
      throw error;
    }
  }

  /** An answer of the given shape. Throws `ENVIRONMENT` with what the other side threw. */
  #request<S extends TSchema>(schema: S, subject: string, question: Request, options: RequestOptions = {}): Static<S> {
    const answer = this.#ask(subject, question, options);
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      const { error } = parse(ErrorReply, answer, { what: `${this.#id} ${question.type}`, code: 'WIRE' });
      throw new SkeinError('ENVIRONMENT', `${this.#id}: ${question.type} failed in its own process: ${error}`);
    }
    return parse(schema, answer, { what: `${this.#id} ${question.type}`, code: 'WIRE' });
  }
}

type SpecMessage = Static<typeof SpecReply>;

function observationSpecOf(spec: SpecMessage['observation']): ObservationSpec {
  return spec.kind === 'multiDiscrete' ? multiDiscrete(spec.counts) : actionSpecOf(spec);
}

function actionSpecOf(spec: SpecMessage['action']): EnvSpec {
  if (spec.kind === 'discrete') return discrete(spec.n, { start: spec.start ?? 0 });
  return box(bound(spec.low, -Infinity), bound(spec.high, Infinity), spec.shape);
}

const bound = (given: number | null | readonly (number | null)[], without: number): number | number[] =>
  typeof given === 'object' && given !== null ? given.map((value) => value ?? without) : (given ?? without);
