/** Actors as tasks: any worker can run them, and another one goes on when one dies. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  configure,
  defineTask,
  type StreamProducer,
  type StreamSlot,
  type StreamStore,
  type TaskContext,
  Type,
} from '@skein/core';
import { BACKEND_CHOICES, type BackendChoice, useBackend } from '@skein/nn';
import { algorithm } from '../algorithms/registry.ts';
import { environmentDefinition } from '../env/registry.ts';
import type { ReplayConfig } from '../training/replay-learner.ts';
import { type ExperienceStream, experienceStream, FREE_TURNS, shareOf } from './experience.ts';
import { FollowedLearner, OVER } from './followed.ts';
import { actorStream } from './link.ts';
import { type ActorConfig, environmentCount } from './options.ts';
import { Player, type PlayerParts } from './player.ts';
import { actorSeed, shareState, writeState } from './rows.ts';

/** What `actorTask` takes. */
export const ActorInput = Type.Object({
  /** The run's name: see `ActorLink`. */
  name: Type.String(),
  /** This actor among `config.actors`, from 0. */
  actor: Type.Integer({ minimum: 0 }),
  /** A name of `algorithms`, and the run's complete configuration. */
  algorithm: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  backend: Type.Optional(
    Type.Unsafe<BackendChoice>(
      Type.Union(
        BACKEND_CHOICES.map((name) => Type.Literal(name)),
        { description: "TensorFlow.js backend; 'auto' (the best that works) if left out" },
      ),
    ),
  ),
});

/** Acts for a learner until its run is over. */
export const actorTask = defineTask({
  name: 'rl/act',
  description: 'steps environments for a learner elsewhere',
  module: import.meta.url,
  input: ActorInput,
  output: Type.Null(),
  run: async (context, input) => {
    await useBackend(input.backend);
    const learner = new FollowedLearner(context.parameters, input.name, context.signal);
    try {
      await act(context, learner, input);
    } catch (error) {
      if (learner.ended.reason !== OVER) throw error;
    }
    return null;
  },
});

type ActConfig = ReplayConfig & ActorConfig & { readonly env: string } & Readonly<Record<string, unknown>>;

async function act(
  context: TaskContext,
  learner: FollowedLearner,
  {
    name,
    actor,
    algorithm: algorithmName,
    config: given,
  }: { name: string; actor: number; algorithm: string; config: object },
): Promise<void> {
  const made = algorithm(algorithmName);
  const layer = { values: given as Record<string, unknown>, label: (option: string) => `actor: ${option}` };
  const config = configure(made.config, [layer]) as unknown as ActConfig;
  const definition = environmentDefinition(config.env);
  const { actors, mode } = config;
  const envCount = environmentCount(config);
  const share = shareOf(actor, actors, envCount);
  const stream = experienceStream(actorStream(name), definition, Math.ceil(envCount / actors));
  await using sender = new Sender(context.streams, stream, learner.ended);
  const parts = { algorithm: made, definition, config, share };
  if (mode === 'lock-step') await playRounds(parts, envCount, actor, learner, sender);
  else await playOn({ ...parts, config: withOwnEpsilon(config, actor) }, actor, context.attempt, learner, sender);
}

/**
 * Lock-step: each publication says where the environments are and how many turns to play. An actor keeps nothing in
 * between, so that any other can take over.
 */
async function playRounds(
  parts: PlayerParts,
  envCount: number,
  actor: number,
  learner: FollowedLearner,
  sender: Sender,
): Promise<void> {
  const { share } = parts;
  using player = disposable(new Player(parts));
  for (let version = 0; ; ) {
    const newest = await learner.next(version);
    version = newest.version;
    const round = newest.value;
    if (round.type !== 'play') continue;
    player.setWeights(round.weights);
    player.restore(shareState(round.rows, envCount, share));
    const { columns, commit } = await sender.reserve();
    const rows = player.play(columns, round.turns, round.step, envCount);
    writeState(columns, player.state());
    columns.batch.set([actor, 0, 0, round.turns]);
    commit({ version, rows });
  }
}

/** Free-running: plays on with the newest weights, as long as the stream has room. */
async function playOn(
  parts: PlayerParts,
  actor: number,
  attempt: number,
  learner: FollowedLearner,
  sender: Sender,
): Promise<void> {
  let { version, value } = await learner.next(0);
  let step = 'step' in value ? value.step : 0;
  const seed = actorSeed(parts.config.seed, actor, attempt, step);
  using player = disposable(new Player({ ...parts, config: { ...parts.config, seed } }));
  player.start(seed);
  for (let number = 0; ; number++) {
    const { columns, commit } = await sender.reserve();
    const newest = number === 0 ? { version, value } : learner.newer(version);
    if (newest?.value.type === 'follow') {
      ({ version, value } = newest);
      step = newest.value.step;
      player.setWeights(newest.value.weights);
    }
    const rows = player.play(columns, FREE_TURNS, step, parts.share.rows);
    columns.batch.set([actor, attempt, number, FREE_TURNS]);
    commit({ version, rows });
    // Publications and cancellations come as messages.
    await nextTurn();
  }
}

/**
 * Ape-X's exploration (Horgan et al., arXiv:1803.00933): with several actors, each one's share of random actions falls to
 * a value of its own, from 0.4 for the first to 0.4^8 for the last.
 */
function withOwnEpsilon(config: ActConfig, actor: number): ActConfig {
  if (config.actors < 2 || config['epsilonEnd'] === undefined) return config;
  return { ...config, epsilonEnd: 0.4 ** (1 + (7 * actor) / (config.actors - 1)) };
}

const disposable = (player: Player): Player & Disposable =>
  Object.assign(player, { [Symbol.dispose]: () => player.dispose() });

/** A producer that waits for the next learner where one is gone. */
class Sender implements AsyncDisposable {
  readonly #streams: StreamStore;
  readonly #stream: ExperienceStream;
  readonly #signal: AbortSignal;
  #producer: StreamProducer<ExperienceStream['columns']> | null = null;

  constructor(streams: StreamStore, stream: ExperienceStream, signal: AbortSignal) {
    this.#streams = streams;
    this.#stream = stream;
    this.#signal = signal;
  }

  async reserve(): Promise<StreamSlot<ExperienceStream['columns']>> {
    const signal = this.#signal;
    for (;;) {
      this.#producer ??= await this.#streams.produce(this.#stream, { signal });
      try {
        return await this.#producer.reserve({ signal });
      } catch (error) {
        if ((error as { code?: string }).code !== 'STREAM_CLOSED') throw error;
        await this.#producer.close();
        this.#producer = null;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer?.close();
  }
}
