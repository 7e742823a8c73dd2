/**
 * Lock-step: learner and actors take turns. A round lasts until something happens that actors must know of (new weights)
 * or that needs to know where their environments are (a checkpoint). Every actor gets the weights and the states of its
 * environments, plays the round, and sends steps and states back; the learner takes the steps in in the order of the
 * environments. So a run is bit for bit the same for any number of actors, none included, and whatever becomes of them.
 */

import type { Metrics, StreamConsumer } from '@skein/core';
import { Episodes } from '../training/episodes.ts';
import { crossed } from '../training/loop.ts';
import type { ReplayConfig, ReplayLearner } from '../training/replay-learner.ts';
import { type ExperienceSource, runEnvironments, type SourceParts, type SourceState } from '../training/source.ts';
import { BATCH, type ExperienceStream, experienceStream, RemoteStep, shareOf } from './experience.ts';
import { type ActorLink, actorParameter, actorStream, type PlayRound } from './link.ts';
import type { ActorConfig } from './options.ts';
import { type RowsState, readState } from './rows.ts';

/** What a source of actors' experience needs. */
export interface ActorSourceParts extends SourceParts {
  readonly config: SourceParts['config'] & ReplayConfig & ActorConfig;
  readonly learner: ReplayLearner;
  readonly link: ActorLink;
  /** Asks the run to stop. */
  readonly signal: AbortSignal | undefined;
}

export class LockStepActors implements ExperienceSource {
  readonly episodes: Episodes;
  readonly #parts: ActorSourceParts;
  readonly #consumer: StreamConsumer<ExperienceStream['columns']>;
  #rows: RowsState;
  /** The turns of the present round, and how many of them the learner has taken in. */
  readonly #turns: RemoteStep[];
  #played = 0;
  /** Environment steps of the run so far. */
  #steps = 0;
  #taken = 0;
  readonly #heard = new Set<number>();

  static async open(parts: ActorSourceParts): Promise<LockStepActors> {
    const { config, definition, link } = parts;
    const stream = experienceStream(actorStream(link.name), definition, Math.ceil(config.envCount / config.actors));
    // Room for what an actor that was given up may still send.
    const consumer = await link.streams.consume(stream, { capacity: 2 * config.actors, ...endOf(parts) });
    return new LockStepActors(parts, consumer, stream.rows);
  }

  private constructor(parts: ActorSourceParts, consumer: StreamConsumer<ExperienceStream['columns']>, rows: number) {
    const { envCount, actors } = parts.config;
    this.#parts = parts;
    this.#consumer = consumer;
    this.episodes = new Episodes(envCount);
    this.#rows = { env: runEnvironments(parts).state(), exploration: parts.learner.exploration };
    const turns = rows / Math.ceil(envCount / actors);
    this.#turns = Array.from({ length: turns }, () => new RemoteStep(parts.definition, envCount));
  }

  get mayStop(): boolean {
    return this.#taken === this.#played;
  }

  turn(step: number): number | Promise<number> {
    return this.mayStop ? this.#playRound(step) : this.#take(step);
  }

  /** Takes in the next turn of the round. */
  #take(step: number): number {
    const { learner } = this.#parts;
    const turn = this.#turns[this.#taken++]!;
    this.episodes.count(turn);
    learner.observe(turn.startObservations, turn.actions, turn);
    this.#steps = step + turn.count;
    learner.learn(step, this.#steps);
    return turn.count;
  }

  /** Has a round played; gives 0, with nothing changed, if the run is asked to stop meanwhile. */
  async #playRound(step: number): Promise<number> {
    const { learner, link, signal } = this.#parts;
    const turns = this.#turnsFrom(step);
    const round = {
      type: 'play',
      step,
      turns,
      weights: learner.policy.weights(),
      rows: this.#rows,
    } satisfies PlayRound;
    const version = await link.parameters.publish(actorParameter(link.name), round);
    this.#consumer.published(version);
    try {
      await this.#gather(version, turns);
    } catch (error) {
      if (signal?.aborted === true) return 0;
      throw error;
    }
    this.#played = turns;
    this.#taken = 0;
    learner.exploration = this.#rows.exploration;
    return this.#take(step);
  }

  /** Turns until weights change, or until the run may need to know where it is. */
  #turnsFrom(step: number): number {
    const { learner, config } = this.#parts;
    const { envCount, evaluateEvery, checkpointEvery, steps } = config;
    for (let turns = 1; turns < this.#turns.length; turns++) {
      const [from, to] = [step + (turns - 1) * envCount, step + turns * envCount];
      const isEnd = learner.isDue(from, to) || crossed(from, to, evaluateEvery) || crossed(from, to, checkpointEvery);
      if (isEnd || to >= steps) return turns;
    }
    return this.#turns.length;
  }

  /** Waits for the round of every actor. What came late, or twice, is passed over. */
  async #gather(version: number, turns: number): Promise<void> {
    const { actors, envCount } = this.#parts.config;
    const missing = new Set(Array.from({ length: actors }, (_, actor) => actor));
    let rows = copyOf(this.#rows);
    while (missing.size > 0) {
      using batch = await this.#consumer.next();
      const actor = batch.columns.batch[BATCH.actor]!;
      if (batch.version !== version || !missing.delete(actor)) continue;
      const share = shareOf(actor, actors, envCount);
      for (let turn = 0; turn < turns; turn++) {
        this.#turns[turn]!.read(batch.columns, turn, share.rows, share.firstRow);
      }
      rows = readState(rows, batch.columns, envCount, share);
      this.#heard.add(actor);
    }
    this.#rows = rows;
  }

  report(): Metrics {
    const { learner, config } = this.#parts;
    const heard = this.#heard.size;
    this.#heard.clear();
    const inserted = this.#steps - config.learningStarts;
    const ratio = inserted > 0 ? (learner.updates * config.batchSize) / inserted : 0;
    return { 'actor/count': heard, 'actor/staleness': 0, 'replay/samples-per-insert': ratio };
  }

  state(): SourceState {
    return { env: this.#rows.env, episodes: this.episodes.state() };
  }

  restore(saved: SourceState): void {
    this.#rows = { env: saved.env, exploration: this.#parts.learner.exploration };
    this.episodes.restore(saved.episodes);
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }
}

const copyOf = (rows: RowsState): RowsState => structuredClone(rows);

/** What ends waiting for actors: the run is to stop, or an actor has failed for good. */
export function endOf({ link, signal }: ActorSourceParts): { readonly signal?: AbortSignal } {
  const signals = [link.failed, signal].filter((s) => s !== undefined);
  return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
}
