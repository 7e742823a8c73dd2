/**
 * External environments by address, `nats://HOST:PORT/NAME`: what command lines and saved agents hold. How to log in comes
 * from the environment variables `SKEIN_NATS_TOKEN`, `SKEIN_NATS_USER`, `SKEIN_NATS_PASSWORD`, `SKEIN_NATS_CREDS` (a file),
 * `SKEIN_NATS_CA` (a file) and `SKEIN_NATS_NAMESPACE`, so that no file of a run holds a secret.
 */

import { type NatsConnectionOptions, SkeinError } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import { externalEnvironment } from './external.ts';

/** True for an address instead of a name. */
export const isExternalAddress = (id: string): boolean => /^(nats|tls):\/\//.test(id);

const known = new Map<string, EnvironmentDefinition>();

/** The environment at an address; asked for once a process. Throws `INPUT` for a malformed address, `CONNECTION` if no one serves it. */
export function environmentAt(address: string): EnvironmentDefinition {
  const before = known.get(address);
  if (before !== undefined) return before;
  const { servers, name } = partsOf(address);
  const definition = externalEnvironment({ servers, name, ...login(process.env) });
  known.set(address, definition);
  return definition;
}

function partsOf(address: string): { readonly servers: string; readonly name: string } {
  const [, servers, name] = /^((?:nats|tls):\/\/[^/]+)\/([^/]+)$/.exec(address) ?? [];
  if (servers === undefined || name === undefined) {
    throw new SkeinError('INPUT', `environment: expected nats://HOST:PORT/NAME, got ${address}`);
  }
  if (servers.includes('@')) {
    throw new SkeinError('INPUT', 'environment: expected an address without a login, got one with it', {
      advice: 'set SKEIN_NATS_USER and SKEIN_NATS_PASSWORD, or SKEIN_NATS_TOKEN: an address is saved with every agent',
    });
  }
  return { servers, name };
}

function login(variables: Readonly<Record<string, string | undefined>>): Omit<NatsConnectionOptions, 'servers'> {
  const {
    SKEIN_NATS_TOKEN: token,
    SKEIN_NATS_USER: user,
    SKEIN_NATS_PASSWORD: pass,
    SKEIN_NATS_CREDS: credsFile,
    SKEIN_NATS_CA: caFile,
    SKEIN_NATS_NAMESPACE: namespace,
  } = variables;
  return {
    ...(token === undefined ? {} : { token }),
    ...(user === undefined ? {} : { user }),
    ...(user === undefined || pass === undefined ? {} : { pass }),
    ...(credsFile === undefined ? {} : { credsFile }),
    ...(caFile === undefined ? {} : { tls: { caFile } }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}
