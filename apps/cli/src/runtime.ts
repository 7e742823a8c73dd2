/** Where a command's tasks run: threads of this process, or workers behind a NATS server. One flag decides. */

import { readFileSync } from 'node:fs';
import {
  deleteRun,
  type Journal,
  localRuntime,
  messageOf,
  type NatsConnectionOptions,
  natsRuntime,
  type Runtime,
  SkeinError,
  type Static,
  type TaskRecord,
  Type,
  taskJournal,
} from '@skein/core';
import type { RunFolder } from './run-folder.ts';

/** How to reach a NATS server. Secrets are read from files or the environment, so that no process list shows them. */
export const connectionFlags = {
  nats: Type.Optional(
    Type.String({ description: 'NATS server, e.g. nats://127.0.0.1:4222; tasks then run on its workers' }),
  ),
  natsUser: Type.Optional(Type.String({ description: 'user name; the password comes from SKEIN_NATS_PASSWORD' })),
  natsCreds: Type.Optional(Type.String({ description: 'credentials file of a user' })),
  natsNkey: Type.Optional(Type.String({ description: "file with an nkey's seed" })),
  natsCa: Type.Optional(Type.String({ description: "PEM file with the authority of the server's certificate" })),
  natsReplicas: Type.Optional(
    Type.Union([Type.Literal(1), Type.Literal(3), Type.Literal(5)], {
      description: 'copies of everything in a cluster of servers (default 1)',
    }),
  ),
  natsNamespace: Type.Optional(Type.String({ description: 'first word of all subjects (default skein)' })),
};

const Connection = Type.Object(connectionFlags);
export type ConnectionFlags = Static<typeof Connection>;

/** The connection that the flags and the environment (`SKEIN_NATS_TOKEN`, `SKEIN_NATS_PASSWORD`) describe. */
export function connectionOf(flags: ConnectionFlags & { readonly nats: string }): NatsConnectionOptions {
  const token = process.env['SKEIN_NATS_TOKEN'];
  const pass = process.env['SKEIN_NATS_PASSWORD'];
  return {
    servers: flags.nats.split(','),
    ...(token === undefined ? {} : { token }),
    ...(flags.natsUser === undefined ? {} : { user: flags.natsUser, ...(pass === undefined ? {} : { pass }) }),
    ...(flags.natsCreds === undefined ? {} : { credsFile: flags.natsCreds }),
    ...(flags.natsNkey === undefined ? {} : { nkeySeed: readSeed(flags.natsNkey) }),
    ...(flags.natsCa === undefined ? {} : { tls: { caFile: flags.natsCa } }),
    ...(flags.natsReplicas === undefined ? {} : { replicas: flags.natsReplicas }),
    ...(flags.natsNamespace === undefined ? {} : { namespace: flags.natsNamespace }),
  };
}

function readSeed(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SkeinError('CONFIG', `--nats-nkey ${path}: cannot be read: ${messageOf(error)}`);
  }
}

export interface RuntimeChoice {
  readonly flags: ConnectionFlags;
  /** Threads when the tasks run here. */
  readonly threads: number;
  /** URLs of the modules with the tasks. */
  readonly modules: readonly string[];
  /** The run's folder and its journal: a later process finds there, or on the server, which tasks have ended. */
  readonly run?: { readonly folder: RunFolder; readonly journal: Journal<TaskRecord> };
  /** Told where tasks run, and when they wait for a worker. */
  readonly say: (text: string) => void;
}

/** Opens the journal of a run and, with it, the run: throws `CONFIG` if another process has it. */
export async function openJournal(folder: RunFolder): Promise<Journal<TaskRecord>> {
  try {
    return await taskJournal(folder.journal);
  } catch (error) {
    if (error instanceof SkeinError && error.details['holder'] !== undefined) {
      throw new SkeinError('CONFIG', `${folder.path}: expected a run that nobody has, got one that is going on`, {
        cause: error,
        details: error.details,
        advice: messageOf(error),
      });
    }
    throw error;
  }
}

/** Opens the runtime that the flags ask for. */
export async function openRuntime({ flags, threads, modules, run, say }: RuntimeChoice): Promise<Runtime> {
  const { nats } = flags;
  if (nats === undefined) {
    const journal = run === undefined ? {} : { journal: run.journal };
    return localRuntime({ threads, tasks: modules.map((url) => new URL(url)), ...journal });
  }
  const name = run === undefined ? {} : { run: run.folder.serverName };
  const runtime = await natsRuntime({ ...connectionOf({ ...flags, nats }), ...name });
  runtime.onEvent((event) => {
    if (event.type === 'runtime/disconnected') say(`the connection to ${nats} is gone; trying to reconnect`);
    if (event.type === 'runtime/reconnected') say(`reconnected to ${event.server}`);
  });
  if ((await runtime.workers()).length === 0) {
    say(`no worker answers on ${nats} yet; tasks wait there. Start one with: skein worker --nats ${nats}`);
  }
  return runtime;
}

/** Deletes what a server keeps of a run that has ended: its results are in the folder. */
export async function forgetRun(flags: ConnectionFlags, folder: RunFolder): Promise<void> {
  const { nats } = flags;
  if (nats !== undefined) await deleteRun(connectionOf({ ...flags, nats }), folder.serverName);
}
