/** Questions and answers over plain NATS, JSON both ways: how programs in other languages are talked to. */

import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@nats-io/transport-node';
import { messageOf, SkeinError } from '../../errors.ts';
import { openConnection } from './connection.ts';
import { isNobodyThere } from './link.ts';
import type { NatsConnectionOptions } from './options.ts';

/** How `request` waits. */
export interface RequestOptions {
  /** Milliseconds for one answer. */
  readonly timeoutMs?: number;
  /** Milliseconds to go on asking while nobody listens on the subject: a program that is starting again is waited for. */
  readonly patienceMs?: number;
}

export const requestDefaults = { timeoutMs: 60_000, patienceMs: 10_000 } as const satisfies RequestOptions;

const RETRY_MS = 100;

/** A connection that asks. */
export interface NatsRequester extends AsyncDisposable {
  /**
   * Asks and gives the answer. Throws `CONNECTION` if there is none in time (`details.nobody`: no one listens), `WIRE` if it
   * is not JSON.
   */
  request(subject: string, question: unknown, options?: RequestOptions): Promise<unknown>;
}

/** Connects. Throws `CONNECTION`. */
export async function openRequester(options: NatsConnectionOptions, name: string): Promise<NatsRequester> {
  const nc = await openConnection(options, name);
  const ask = async (subject: string, payload: string, timeoutMs: number, until: number) => {
    for (;;) {
      try {
        return await nc.request(subject, payload, { timeout: timeoutMs });
      } catch (error) {
        if (!isNobodyThere(error) || performance.now() >= until) throw noAnswer(subject, timeoutMs, error);
        await sleep(RETRY_MS);
      }
    }
  };
  return {
    request: async (subject, question, given = {}) => {
      const { timeoutMs, patienceMs } = { ...requestDefaults, ...given };
      const answer = await ask(subject, JSON.stringify(question), timeoutMs, performance.now() + patienceMs);
      try {
        return answer.json();
      } catch (error) {
        throw new SkeinError('WIRE', `${subject}: expected JSON, got ${messageOf(error)}`, { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => nc.close(),
  };
}

function noAnswer(subject: string, timeoutMs: number, cause: unknown): SkeinError {
  const nobody = isNobodyThere(cause);
  const late = cause instanceof errors.TimeoutError;
  const why = nobody ? 'nobody listens' : late ? `no answer in ${timeoutMs / 1000} s` : messageOf(cause);
  return new SkeinError('CONNECTION', `${subject}: ${why}`, {
    cause,
    details: { nobody },
    advice: 'check that the program that answers is running and connected to the same server',
  });
}
