/** A real nats-server for tests: its own port and store, gone when disposed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardChild } from './runtime-children.ts';

/** Options of `startNatsServer`. */
export interface NatsServerOptions {
  /** More flags of nats-server, e.g. `['--auth', 'secret']` or `['-c', 'server.conf']`. */
  readonly args?: readonly string[];
  /** False for a server that keeps nothing: what a user gets who forgets `-js`. */
  readonly jetStream?: boolean;
  /** Storage that survives the server; a temporary folder, deleted at the end, if left out. */
  readonly store?: string;
  /** A fixed port, for a server that is started again; by default the system chooses one. */
  readonly port?: number;
  /** Where files that its configuration names are; by default its own temporary folder. */
  readonly folder?: string;
  /** The binary; by default `NATS_SERVER`, else `nats-server` on the path or in `/usr/sbin`. */
  readonly binary?: string;
}

/** A server that runs until it is stopped or disposed. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The storage folder. */
  readonly store: string;
  /** Stops the server with a signal and waits for its end; the store stays until the server is disposed. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
}

const START_MS = 10_000;

/** Starts `nats-server -js` on 127.0.0.1. Throws with the remedy if there is no such program. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-nats-'));
  const store = options.store ?? join(folder, 'store');
  mkdirSync(store, { recursive: true });
  const binary = options.binary ?? findBinary();
  const args = [...(options.jetStream === false ? [] : ['-js', '-sd', store]), ...(options.args ?? [])];
  let { child, port } = await launch(binary, folder, options.port ?? -1, args, options.folder);
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    get url() {
      return `nats://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    get pid() {
      return child.pid as number;
    },
    store,
    stop,
    restart: async () => {
      await stop();
      ({ child, port } = await launch(binary, folder, port, args, options.folder));
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findBinary(): string {
  const named = process.env['NATS_SERVER'];
  if (named !== undefined && named !== '') return named;
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  const found = folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    'these tests need a real nats-server and none was found: install it (Debian: apt-get install nats-server; macOS: ' +
      'brew install nats-server; others: https://github.com/nats-io/nats-server/releases) or set NATS_SERVER to its path',
  );
}

async function launch(
  binary: string,
  folder: string,
  port: number,
  args: readonly string[],
  cwd = folder,
): Promise<{ child: ChildProcess; port: number }> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ports'))) rmSync(join(folder, file));
  const flags = ['-a', '127.0.0.1', '-p', String(port), '--ports_file_dir', folder, ...args];
  const child = spawn(binary, flags, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  guardChild(child);
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
  });
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(5)) {
    if (failure !== null) throw failure;
    if (child.exitCode !== null) throw new Error(`nats-server ended with code ${child.exitCode}:\n${log}`);
    const address = listeningAddress(folder);
    if (address !== null) return { child, port: Number(new URL(address).port) };
  }
  child.kill('SIGKILL');
  throw new Error(`nats-server did not start within ${START_MS} ms:\n${log}`);
}

/** The client address from the file that the server writes once it listens. */
function listeningAddress(folder: string): string | null {
  const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
  if (file === undefined) return null;
  try {
    const ports = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nats?: string[] };
    return ports.nats?.[0] ?? null;
  } catch {
    // Still being written.
    return null;
  }
}
