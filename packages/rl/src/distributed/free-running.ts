/**
 * Free-running: actors play on with the newest weights that they have, the learner learns from what is there. A limit on
 * samples per insert keeps both in balance, and experience that is too stale is thrown away. Actors may come and go.
 */

import type { Metrics, StreamBatch, StreamConsumer } from '@skein/core';
import type { VectorEnvState } from '../env/vector-env.ts';
import { Episodes } from '../training/episodes.ts';
import type { Learner } from '../training/loop.ts';
import { type ExperienceSource, runEnvironments, type SourceState } from '../training/source.ts';
import { type ExperienceStream, experienceStream, FREE_TURNS, RemoteStep, shareOf } from './experience.ts';
import { RateLimiter } from './limiter.ts';
import { actorParameter, actorStream, type Publication } from './link.ts';
import { type ActorSourceParts, endOf } from './lock-step.ts';

type Batch = StreamBatch<ExperienceStream['columns']>;

/** What is known of an actor. */
interface Feed {
  readonly attempt: number;
  /** Number of the batch that continues where the last one ended. */
  next: number;
  readonly learner: Pick<Learner, 'observe'>;
}

const NOTHING_RECENT = { batches: 0, versions: 0, seconds: 0 };

export class FreeRunningActors implements ExperienceSource {
  readonly episodes: Episodes;
  readonly mayStop = true;
  readonly #parts: ActorSourceParts;
  readonly #consumer: StreamConsumer<ExperienceStream['columns']>;
  readonly #start: VectorEnvState;
  readonly #feeds = new Map<number, Feed>();
  readonly #heard = new Set<number>();
  #limiter: RateLimiter;
  #publishedAt = -1;
  #publishing: Promise<void> | null = null;
  #publishError: unknown = null;
  #discarded = 0;
  #recent = NOTHING_RECENT;

  static async open(parts: ActorSourceParts): Promise<FreeRunningActors> {
    const { config, definition, link } = parts;
    const stream = experienceStream(actorStream(link.name), definition, Math.ceil(config.envCount / config.actors));
    const consumer = await link.streams.consume(stream, { capacity: 4 * config.actors, ...endOf(parts) });
    return new FreeRunningActors(parts, consumer);
  }

  private constructor(parts: ActorSourceParts, consumer: StreamConsumer<ExperienceStream['columns']>) {
    this.#parts = parts;
    this.#consumer = consumer;
    this.episodes = new Episodes(parts.config.envCount);
    this.#start = runEnvironments(parts).state();
    this.#limiter = this.#makeLimiter(0);
  }

  #makeLimiter(inserts: number): RateLimiter {
    const { config, learner } = this.#parts;
    const { batchSize, updatesPerRound, trainEvery, learningStarts, envCount, actors } = config;
    const options = {
      samplesPerInsert: config.samplesPerInsert ?? (batchSize * updatesPerRound) / trainEvery,
      minimum: Math.max(learningStarts, batchSize),
      tolerance: config.samplesPerInsertTolerance,
      insertsAtOnce: FREE_TURNS * Math.ceil(envCount / actors),
      samplesAtOnce: batchSize,
    };
    return new RateLimiter(options, inserts, learner.updates * batchSize);
  }

  turn(step: number): number | Promise<number> {
    if (this.#publishError !== null) throw this.#publishError;
    if (this.#publishedAt < 0) return this.#firstPublication(step);
    const batch = this.#limiter.mayInsert ? this.#consumer.take() : null;
    if (batch !== null) return this.#insert(batch);
    return this.#limiter.maySample ? this.#learn(step) : this.#waitForActors();
  }

  async #firstPublication(step: number): Promise<number> {
    this.#publish(step);
    await this.#publishing;
    return 0;
  }

  #learn(step: number): number {
    const { learner, config } = this.#parts;
    learner.update(step);
    this.#limiter.sampled(config.batchSize);
    if (learner.updates - this.#publishedAt >= config.publishEvery) this.#publish(step);
    return 0;
  }

  /** Publishes the weights, unless the last publication is still on its way. */
  #publish(step: number): void {
    if (this.#publishing !== null) return;
    const { learner, link } = this.#parts;
    const follow = { type: 'follow', step, weights: learner.policy.weights() } satisfies Publication;
    this.#publishedAt = learner.updates;
    this.#publishing = link.parameters
      .publish(actorParameter(link.name), follow)
      .then((version) => this.#consumer.published(version))
      .catch((error: unknown) => {
        this.#publishError = error;
      })
      .finally(() => {
        this.#publishing = null;
      });
  }

  async #waitForActors(): Promise<number> {
    try {
      return this.#insert(await this.#consumer.next());
    } catch (error) {
      if (this.#parts.signal?.aborted === true) return 0;
      throw error;
    }
  }

  /** Takes in a batch; gives its environment steps, 0 if it was too stale. */
  #insert(received: Batch): number {
    using batch = received;
    const { config, definition } = this.#parts;
    const { columns, rows: steps, staleness } = batch;
    const [actor, attempt, number, turns] = columns.batch as unknown as [number, number, number, number];
    const { firstRow, rows } = shareOf(actor, config.actors, config.envCount);
    this.#heard.add(actor);
    this.#count(staleness.versions, staleness.seconds);
    if (staleness.versions > config.maxStaleness) {
      this.#discarded += steps;
      return 0;
    }
    const feed = this.#feedOf(actor, attempt, number);
    const turn = new RemoteStep(definition, rows);
    for (let t = 0; t < turns; t++) {
      turn.read(columns, t, rows, 0);
      this.episodes.count(turn, firstRow);
      feed.observe(turn.startObservations, turn.actions, turn);
    }
    this.#limiter.inserted(steps);
    return steps;
  }

  /** Where the actor's steps go. What is unfinished is forgotten if this batch does not continue the last one. */
  #feedOf(actor: number, attempt: number, number: number): Pick<Learner, 'observe'> {
    const known = this.#feeds.get(actor);
    if (known !== undefined && known.attempt === attempt && known.next === number) {
      known.next++;
      return known.learner;
    }
    const { firstRow, rows } = shareOf(actor, this.#parts.config.actors, this.#parts.config.envCount);
    this.episodes.forget(firstRow, rows);
    const feed = { attempt, next: number + 1, learner: this.#parts.learner.feeder(rows) };
    this.#feeds.set(actor, feed);
    return feed.learner;
  }

  #count(versions: number, seconds: number): void {
    const { batches, versions: allVersions, seconds: allSeconds } = this.#recent;
    this.#recent = { batches: batches + 1, versions: allVersions + versions, seconds: allSeconds + seconds };
  }

  report(): Metrics {
    const { batches, versions, seconds } = this.#recent;
    this.#recent = NOTHING_RECENT;
    const heard = this.#heard.size;
    this.#heard.clear();
    return {
      'actor/count': heard,
      'actor/discarded': this.#discarded,
      'replay/samples-per-insert': this.#limiter.ratio,
      ...(batches === 0 ? {} : { 'actor/staleness': versions / batches, 'actor/staleness-seconds': seconds / batches }),
    };
  }

  /** Where the actors' environments are nobody knows: a run that goes on starts new episodes. */
  state(): SourceState {
    return { env: this.#start, episodes: this.episodes.state() };
  }

  restore(saved: SourceState, step: number): void {
    this.episodes.restore(saved.episodes);
    this.#limiter = this.#makeLimiter(step);
  }

  async close(): Promise<void> {
    await this.#publishing;
    await this.#consumer.close();
  }
}
