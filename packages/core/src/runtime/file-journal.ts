/**
 * A journal in one file: "SKEINJL1", then for each entry its length and CRC-32 (unsigned, little-endian, 4 bytes each)
 * and the wire encoding of its key and value. Entries that are appended at the same time share one synchronisation to
 * disk. What a crash left half written at the end is cut off when the file is opened; damage before that is an error.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { SkeinError } from '../errors.ts';
import { writeError } from '../files.ts';
import { parse, type Static, type TSchema, Type } from '../schema.ts';
import { decodeValue, encodeValue } from '../wire.ts';
import { checkId } from './ids.ts';
import type { Appended, Journal, JournalEntry } from './journal.ts';

const MAGIC = Buffer.from('SKEINJL1');
const HEAD_BYTES = 8;

const Stored = Type.Object({ key: Type.String(), entry: Type.Unknown() });

/**
 * Opens or creates the journal of a path for this process alone. Throws `IO` if another process has it open, if it is no
 * journal, or if it is damaged.
 */
export async function fileJournal<S extends TSchema>(path: string, schema: S): Promise<Journal<Static<S>>> {
  const unlock = lock(path);
  try {
    const file = await open(path, 'a+');
    const journal = new FileJournal<Static<S>>(path, file, schema, unlock);
    await journal.recover();
    return journal;
  } catch (error) {
    unlock();
    throw error instanceof SkeinError ? error : writeError(path, error);
  }
}

/** Where an entry is: its number and the byte that its head starts at. */
interface Place {
  readonly index: number;
  readonly position: number;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly index: number;
  readonly key: string;
  resolve(appended: Appended): void;
  reject(error: SkeinError): void;
}

class FileJournal<E> implements Journal<E> {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #schema: TSchema;
  readonly #unlock: () => void;
  readonly #places = new Map<string, Promise<Appended> | Place>();
  #size = 0;
  #count = 0;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(path: string, file: FileHandle, schema: TSchema, unlock: () => void) {
    this.#path = path;
    this.#file = file;
    this.#schema = schema;
    this.#unlock = unlock;
  }

  /** Reads the whole file once: learns its keys, and cuts off what a crash left unfinished. */
  async recover(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size < MAGIC.length) await this.#begin();
    else this.#size = await this.#checkMagic();
    for await (const { key, index, position } of this.#records(0, size)) {
      this.#places.set(key, { index, position });
      this.#count = index;
    }
    if (this.#size < size) await this.#file.truncate(this.#size);
  }

  async #begin(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.write(MAGIC);
    await this.#file.datasync();
    this.#size = MAGIC.length;
  }

  async #checkMagic(): Promise<number> {
    const { buffer } = await this.#file.read({ buffer: Buffer.alloc(MAGIC.length), position: 0 });
    if (buffer.equals(MAGIC)) return MAGIC.length;
    throw new SkeinError('IO', `${this.#path}: expected a Skein journal, got another kind of file`);
  }

  /** Entries up to a byte; while recovering, also measures how far the file is whole. */
  async *#records(after: number, end: number): AsyncGenerator<JournalEntry<E> & Place> {
    let position = MAGIC.length;
    for (let index = 1; position < end; index++) {
      const { payload, next, isWhole } = await this.#readAt(position, end);
      if (payload === null) return;
      if (!isWhole) {
        if (next === end) return;
        throw new SkeinError('IO', `${this.#path}: entry ${index} at byte ${position} is damaged`, {
          advice: 'restore the file from a copy; the entries before it can still be read by copying that many bytes',
        });
      }
      if (index > after) yield { ...this.#decode(index, payload), position };
      position = next;
      this.#size = Math.max(this.#size, position);
    }
  }

  /** The payload of the entry whose head is at the position, and where the next one starts; null if it was not all written. */
  async #readAt(
    position: number,
    end: number,
  ): Promise<{ readonly payload: Uint8Array | null; readonly next: number; readonly isWhole: boolean }> {
    const { buffer: head, bytesRead } = await this.#file.read({ buffer: Buffer.alloc(HEAD_BYTES), position });
    const length = bytesRead === HEAD_BYTES ? head.readUInt32LE(0) : Number.POSITIVE_INFINITY;
    const next = position + HEAD_BYTES + length;
    // File systems may fill what was not written with zeros.
    if (next > end || length === 0) return { payload: null, next, isWhole: false };
    const payload = new Uint8Array(length);
    await this.#file.read({ buffer: payload, position: position + HEAD_BYTES });
    return { payload, next, isWhole: crc32(payload) === head.readUInt32LE(4) };
  }

  #decode(index: number, payload: Uint8Array): JournalEntry<E> {
    const what = `${this.#path}: entry ${index}`;
    const { key, entry } = parse(Stored, decodeValue(payload), { what, code: 'IO' });
    return { index, key, entry: parse(this.#schema, entry, { what, code: 'IO' }) as E };
  }

  append(key: string, entry: E): Promise<Appended> {
    const known = this.#places.get(checkId('journal key', key));
    if (known !== undefined) return this.#appendedBefore(known);
    if (this.#closed) return Promise.reject(new SkeinError('IO', `${this.#path}: the journal was closed`));
    const payload = encodeValue({ key, entry: parse(this.#schema, entry, { what: `entry '${key}'`, code: 'INPUT' }) });
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(payload.length, 0);
    head.writeUInt32LE(crc32(payload), 4);
    const appended = new Promise<Appended>((resolve, reject) => {
      this.#waiting.push({ bytes: Buffer.concat([head, payload]), index: ++this.#count, key, resolve, reject });
    });
    this.#places.set(key, appended);
    this.#writing ??= this.#write();
    return appended;
  }

  async #appendedBefore(known: Promise<Appended> | Place): Promise<Appended> {
    return { index: (await known).index, isNew: false };
  }

  async get(key: string): Promise<E | null> {
    await this.#places.get(checkId('journal key', key));
    const place = this.#places.get(key) as Place | undefined;
    if (place === undefined) return null;
    const { payload, isWhole } = await this.#readAt(place.position, this.#size);
    if (payload !== null && isWhole) return this.#decode(place.index, payload).entry;
    throw new SkeinError('IO', `${this.#path}: entry ${place.index} at byte ${place.position} is damaged`);
  }

  /** Writes what waits, one synchronisation for all of it, until nothing waits. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
        await this.#file.datasync();
        for (const { bytes, key, index, resolve } of batch) {
          this.#places.set(key, { index, position: this.#size });
          this.#size += bytes.length;
          resolve({ index, isNew: true });
        }
      } catch (error) {
        await this.#undo([...batch, ...this.#waiting], writeError(this.#path, error));
      }
    }
    this.#writing = null;
  }

  /** Nothing of a failed batch stays, so that a later append finds the file whole. */
  async #undo(failed: readonly Waiting[], error: SkeinError): Promise<void> {
    this.#waiting = [];
    this.#count -= failed.length;
    await this.#file.truncate(this.#size).catch(() => undefined);
    for (const { key, reject } of failed) {
      this.#places.delete(key);
      reject(error);
    }
  }

  async *read(after = 0): AsyncGenerator<JournalEntry<E>> {
    yield* this.#records(after, this.#size);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#file.close();
    this.#unlock();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Takes the file `${path}.lock`, which names this process; one that a dead process of this machine left is taken over. */
function lock(path: string): () => void {
  const file = `${path}.lock`;
  const owner: Holder = { pid: process.pid, host: hostname(), ...startOf(process.pid) };
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(file, JSON.stringify(owner), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') {
        // A full disk leaves an empty lock.
        rmSync(file, { force: true });
        throw writeError(path, error);
      }
      const holder = readHolder(file);
      if (tries > 0 || holder === null || holder.host !== owner.host || isAlive(holder)) {
        throw new SkeinError(
          'IO',
          `${path}: the journal is in use by process ${holder?.pid ?? '?'} on ${holder?.host ?? '?'}`,
          {
            details: { holder },
            advice: `wait until it ends; if it is gone for certain, delete ${file}`,
          },
        );
      }
      rmSync(file, { force: true });
    }
  }
}

const Holder = Type.Object({
  pid: Type.Integer(),
  host: Type.String(),
  startedAt: Type.Optional(Type.String()),
});
type Holder = Static<typeof Holder>;

function readHolder(file: string): Holder | null {
  try {
    return parse(Holder, JSON.parse(readFileSync(file, 'utf8')), { what: file });
  } catch {
    return null;
  }
}

/** When a process was started, as Linux counts it: tells it from a later one with its number. Nothing elsewhere. */
function startOf(pid: number): Pick<Holder, 'startedAt'> {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold anything; the start is the 22nd.
    return { startedAt: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
  } catch {
    return {};
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
  return startedAt === undefined || startOf(pid).startedAt === startedAt;
}
