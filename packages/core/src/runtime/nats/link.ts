/** A connection to NATS with what everything else here needs, and errors that say what to do. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type MsgRequest,
  type StoredMsg,
} from '@nats-io/jetstream';
import { errors, type NatsConnection } from '@nats-io/transport-node';
import { messageOf, SkeinError, toSkeinError } from '../../errors.ts';
import { connectionError, openConnection, serversOf } from './connection.ts';
import { Names } from './names.ts';
import { type NatsConnectionOptions, natsDefaults } from './options.ts';

/** An open connection. */
export interface Link {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly names: Names;
  readonly replicas: number;
  /** Messages up to this size go through whole; larger payloads travel as blobs. */
  readonly maxMessageBytes: number;
  /** The largest value that is sent or taken. */
  readonly maxValueBytes: number;
  readonly compression: 'none' | 'zstd';
  /** What the server last refused for want of permission; it says so beside, not instead of, an answer. */
  denied(): { readonly error: Error; readonly at: number } | null;
}

/** Room for headers and for what surrounds a payload. */
const MESSAGE_OVERHEAD_BYTES = 8_192;
const RETRY_MS = 250;

/** Connects. Throws `CONNECTION` if no server answers, refuses the login or has no JetStream. */
export async function openLink(options: NatsConnectionOptions, name: string): Promise<Link> {
  const names = new Names(options.namespace ?? natsDefaults.namespace);
  const nc = await openConnection(options, name);
  try {
    const jsm = await jetstreamManager(nc);
    const maxMessageBytes = (nc.info?.max_payload ?? 1 << 20) - MESSAGE_OVERHEAD_BYTES;
    const { replicas, maxValueBytes, compression } = { ...natsDefaults, ...options };
    const link = { nc, js: jetstream(nc), jsm, names, replicas, maxMessageBytes, maxValueBytes, compression };
    return { ...link, denied: followDenials(nc) };
  } catch (error) {
    await nc.close();
    throw connectionError(error, serversOf(options));
  }
}

function followDenials(nc: NatsConnection): Link['denied'] {
  let last: ReturnType<Link['denied']> = null;
  void (async () => {
    for await (const status of nc.status()) {
      const denied = status.type === 'error' && status.error instanceof errors.PermissionViolationError;
      if (denied) last = { error: status.error, at: performance.now() };
    }
  })();
  return () => last;
}

const isApiError = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;

/** The server has something under this subject already, and we expected nothing. */
export const isAlreadyThere = (error: unknown): boolean => isApiError(error, JetStreamApiCodes.StreamWrongLastSequence);

/** True for errors of a stream, consumer or message that does not exist. */
export const isNotFound = (error: unknown): boolean => error instanceof JetStreamApiError && error.status === 404;

/**
 * Repeats an operation until the server answers it: through restarts, elections and lost connections. The operation must
 * be safe to repeat. Refusals by the server are thrown at once; a closed connection throws `CONNECTION`.
 */
export async function persistently<T>(link: Link, operation: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (link.nc.isClosed() || link.nc.isDraining()) throw closedError(error);
      const gathering = isApiError(error, NO_PEERS_CODE);
      if (gathering && performance.now() - startedAt > GATHERING_MS) throw tooFewServers(link, error);
      if (!gathering && !isPassing(error)) throw error;
      const denied = link.denied();
      if (denied !== null && denied.at >= startedAt) throw deniedError(denied.error);
      await sleep(RETRY_MS);
    }
  }
}

/** JetStream is starting, or has no leader at the moment. Other errors (storage full, limits) do not go away by themselves. */
const PASSING_CODES: readonly number[] = [10_008, 10_009];

/** Fewer servers than copies of a stream: a cluster that has just started may not have heard of all of its members. */
const NO_PEERS_CODE = 10_005;
const GATHERING_MS = 10_000;

const tooFewServers = ({ replicas }: Link, cause: unknown): SkeinError =>
  new SkeinError('CONNECTION', `the NATS servers cannot keep ${replicas} copies of a stream: ${messageOf(cause)}`, {
    cause,
    advice: 'ask for no more replicas than the cluster has servers, and check that they reach each other',
  });

/** True for errors of a server that answered and will answer the same again: its storage is full, a limit is reached. */
export const isRefusal = (error: unknown): boolean => error instanceof JetStreamApiError && !isPassing(error);

/** What a submitter is told of a failure of the server: a refusal has its own advice. */
export function serverError(error: unknown): SkeinError {
  if (!isRefusal(error)) return toSkeinError(error, 'CONNECTION');
  return new SkeinError('IO', `the NATS server does not store it: ${messageOf(error)}`, {
    cause: error,
    advice: 'free space on the server or raise its limits (max_file_store), then try again',
  });
}

/** Errors that go away by themselves: nobody answered, or the server says that it cannot yet. */
function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return PASSING_CODES.includes(error.code);
  if (error instanceof errors.TimeoutError || error instanceof errors.RequestError) return true;
  return isNobodyThere(error);
}

/** True for the error of an operation that the login does not permit. */
export const isDenied = (error: unknown): boolean => error instanceof SkeinError && error.details['denied'] === true;

const deniedError = (cause: Error): SkeinError =>
  new SkeinError('CONNECTION', `the NATS server does not permit it: ${cause.message}`, {
    cause,
    details: { denied: true },
    advice: "grant this user the subjects of the namespace and JetStream's API in the server configuration",
  });

/** Nobody listens on the subject: the stream is gone, the server is starting, or there is no worker. */
export const isNobodyThere = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError || /jetstream is not enabled|no responders/i.test(messageOf(error));

const closedError = (cause: unknown): SkeinError =>
  new SkeinError('CONNECTION', 'the connection to the NATS server was closed', { cause });

/**
 * Publishes to a subject that has no message yet and gives its sequence. Gives null, and changes nothing, if there is one. Throws `CONNECTION`
 * with `details.gone` if the stream was deleted. The server takes a subject once within its time for duplicates, even if its
 * message was deleted since, unless `again` tells the two apart.
 */
export async function publishFirst(
  link: Link,
  stream: string,
  subject: string,
  bytes: Uint8Array,
  again = '',
): Promise<number | null> {
  let mayBeOurs = false;
  const isFirst = await persistently(link, async () => {
    try {
      const ack = await link.js.publish(subject, bytes, {
        msgID: `${subject}${again}`,
        expect: { lastSubjectSequence: 0 },
      });
      return ack.duplicate ? null : ack.seq;
    } catch (error) {
      if (isAlreadyThere(error)) return null;
      // The server may have stored it, and only its answer was lost.
      mayBeOurs = true;
      if (isNobodyThere(error)) await requireStream(link, stream);
      throw error;
    }
  });
  if (isFirst !== null || !mayBeOurs) return isFirst;
  const there = await lastMessage(link, stream, subject);
  return there !== null && Buffer.compare(there.data, bytes) === 0 ? there.seq : null;
}

async function requireStream(link: Link, stream: string): Promise<void> {
  try {
    await link.jsm.streams.info(stream);
  } catch (error) {
    if (!isNotFound(error)) return;
    throw new SkeinError('CONNECTION', `stream ${stream} is gone from the server`, {
      cause: error,
      details: { gone: true, stream },
      advice: 'the run was deleted, or the server lost its storage: start the run again',
    });
  }
}

/** True for the error of `publishFirst` to a stream that was deleted. */
export const isGone = (error: unknown): boolean => error instanceof SkeinError && error.details['gone'] === true;

/** The newest message of a subject; null if there is none. */
export function lastMessage(link: Link, stream: string, subject: string): Promise<StoredMsg | null> {
  return findMessage(link, stream, { last_by_subj: subject });
}

/** The messages of the subjects that a pattern matches which are there now, after a sequence, in order. */
export async function* messagesThere(
  link: Link,
  stream: string,
  pattern: string,
  after = 0,
): AsyncGenerator<{ readonly seq: number; readonly subject: string; readonly data: Uint8Array }> {
  const last = (await lastMessage(link, stream, pattern))?.seq ?? 0;
  if (last <= after) return;
  const consumer = await persistently(link, () =>
    link.js.consumers.get(stream, {
      filter_subjects: pattern,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
    }),
  );
  const messages = await consumer.consume();
  try {
    for await (const message of messages) {
      yield message;
      if (message.seq >= last) return;
    }
  } finally {
    await messages.close();
  }
}

async function findMessage(link: Link, stream: string, query: MsgRequest): Promise<StoredMsg | null> {
  return persistently(link, async () => {
    try {
      return await link.jsm.streams.getMessage(stream, query);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  });
}

/**
 * Deletes one message, if it is still there. Work queues are tidied this way only: a purge by subject makes consumers of
 * nats-server 2.9 skip messages of other subjects for good.
 */
export async function deleteMessage(link: Link, stream: string, sequence: number): Promise<void> {
  await persistently(link, async () => {
    try {
      await link.jsm.streams.deleteMessage(stream, sequence, false);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || isPassing(error)) throw error;
      // It was acknowledged or deleted in between.
    }
  });
}

/** Deletes all messages of the subjects that a pattern matches. */
export async function deleteMatching(link: Link, stream: string, pattern: string): Promise<void> {
  for (let from = 1; ; ) {
    // The client's types know one of the two fields at a time; the server takes both.
    const query = { seq: from, next_by_subj: pattern } as MsgRequest;
    const found = await findMessage(link, stream, query);
    if (found === null) return;
    await deleteMessage(link, stream, found.seq);
    from = found.seq + 1;
  }
}
