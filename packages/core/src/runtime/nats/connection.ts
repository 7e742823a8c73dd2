/** Connecting and logging in to a NATS server, with errors that say what to do. */

import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  errors,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  type Subscription,
} from '@nats-io/transport-node';
import { messageOf, SkeinError } from '../../errors.ts';
import type { NatsConnectionOptions } from './options.ts';

const RECONNECT_MS = 500;

/** The servers' addresses, one an item. */
export const serversOf = ({ servers }: NatsConnectionOptions): string[] =>
  typeof servers === 'string' ? servers.split(',') : [...servers];

/** Connects. Throws `CONNECTION` if no server answers or it refuses the login. */
export async function openConnection(options: NatsConnectionOptions, name: string): Promise<NatsConnection> {
  try {
    return await connect({
      servers: serversOf(options),
      name,
      ...login(options),
      ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
      // Work outlives a server's absence: tasks go on, and what they have to say is sent when it is back.
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      noAsyncTraces: true,
    });
  } catch (error) {
    throw connectionError(error, serversOf(options));
  }
}

function login(options: NatsConnectionOptions): {
  token?: string;
  user?: string;
  pass?: string;
  authenticator?: Authenticator;
} {
  if (options.credsFile !== undefined) return { authenticator: credsAuthenticator(readFileSync(options.credsFile)) };
  if (options.nkeySeed !== undefined) {
    return { authenticator: nkeyAuthenticator(new TextEncoder().encode(options.nkeySeed)) };
  }
  return {
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.pass === undefined ? {} : { pass: options.pass }),
  };
}

/** What went wrong when connecting, with what to do about it. */
export function connectionError(error: unknown, servers: readonly string[]): SkeinError {
  const where = servers.join(', ');
  const text = messageOf(error);
  const refused = error instanceof errors.AuthorizationError || /authorization|authentication/i.test(text);
  const noStreams = /jetstream.*not enabled/i.test(text);
  return new SkeinError('CONNECTION', `NATS server at ${where}: ${text || 'no answer'}`, {
    cause: error,
    details: { servers },
    advice: refused
      ? 'check token, user and password, nkey or credentials file against the server configuration'
      : noStreams
        ? 'start the server with JetStream: nats-server -js'
        : 'check the address and that the server is running: nats-server -js',
  });
}

/** Hears the messages of a subject. A subscription that is not permitted hears nothing; the connection's status says so. */
export const listen = (nc: NatsConnection, subject: string, hear: (message: Msg) => void): Subscription =>
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) hear(message);
    },
  });
