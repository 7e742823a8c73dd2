/** The journal of a run in the run's own stream: one subject for each key, so that the server keeps the first entry. */

import { SkeinError } from '../../errors.ts';
import { parse, type TSchema } from '../../schema.ts';
import { decodeValue, encodeValue } from '../../wire.ts';
import { checkId } from '../ids.ts';
import type { Appended, Journal, JournalEntry } from '../journal.ts';
import { type Link, lastMessage, messagesThere, publishFirst } from './link.ts';
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

  async get(key: string): Promise<E | null> {
    const subject = this.#link.names.journal(this.#run, checkId('journal key', key));
    const message = await lastMessage(this.#link, this.#stream, subject);
    return message === null ? null : this.#decode(key, message.data);
  }

  async *read(after = 0): AsyncGenerator<JournalEntry<E>> {
    const subjects = this.#link.names.journal(this.#run, '*');
    for await (const { seq, subject, data } of messagesThere(this.#link, this.#stream, subjects, after)) {
      const key = lastWord(subject);
      yield { index: seq, key, entry: this.#decode(key, data) };
    }
  }

  #decode(key: string, bytes: Uint8Array): E {
    const what = `journal of ${this.#run}: entry '${key}'`;
    return parse(this.#schema, decodeValue(bytes.slice()), { what, code: 'WIRE' }) as E;
  }

  /** Nothing to do: the connection is the runtime's. */
  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
