/** The journal of a run in the run's own stream: one subject for each key, so that the server keeps the first entry. */

import { DeliverPolicy } from '@nats-io/jetstream';
import { SkeinError } from '../../errors.ts';
import { parse, type TSchema } from '../../schema.ts';
import { decodeValue, encodeValue } from '../../wire.ts';
import { checkId } from '../ids.ts';
import type { Appended, Journal, JournalEntry } from '../journal.ts';
import { type Link, lastMessage, publishFirst } from './link.ts';
import { lastWord } from './names.ts';

export class NatsJournal<E> implements Journal<E> {
  readonly #link: Link;
  readonly #run: string;
  readonly #schema: TSchema;

  constructor(link: Link, run: string, schema: TSchema) {
    this.#link = link;
    this.#run = run;
    this.#schema = schema;
  }

  get #stream(): string {
    return this.#link.names.runStream(this.#run);
  }

  async append(key: string, entry: E): Promise<Appended> {
    const subject = this.#link.names.journal(this.#run, checkId('journal key', key));
    const bytes = encodeValue(parse(this.#schema, entry, { what: `entry '${key}'`, code: 'INPUT' }));
    if (bytes.length > this.#link.maxMessageBytes) {
      throw new SkeinError(
        'INPUT',
        `entry '${key}': expected at most ${this.#link.maxMessageBytes} bytes, got ${bytes.length}`,
        {
          advice: 'put large data into a blob and its digest into the journal',
        },
      );
    }
    const index = await publishFirst(this.#link, this.#stream, subject, bytes);
    if (index !== null) return { index, isNew: true };
    const known = await lastMessage(this.#link, this.#stream, subject);
    return { index: known?.seq ?? 0, isNew: false };
  }

  async *read(after = 0): AsyncGenerator<JournalEntry<E>> {
    const { js, names } = this.#link;
    const subjects = names.journal(this.#run, '*');
    const last = (await lastMessage(this.#link, this.#stream, subjects))?.seq ?? 0;
    if (last <= after) return;
    const consumer = await js.consumers.get(this.#stream, {
      filter_subjects: subjects,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
    });
    const messages = await consumer.consume();
    try {
      for await (const message of messages) {
        const key = lastWord(message.subject);
        const what = `journal of ${this.#run}: entry '${key}'`;
        const entry = parse(this.#schema, decodeValue(message.data.slice()), { what, code: 'WIRE' }) as E;
        yield { index: message.seq, key, entry };
        if (message.seq >= last) return;
      }
    } finally {
      await messages.close();
    }
  }

  /** Nothing to do: the connection is the runtime's. */
  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
