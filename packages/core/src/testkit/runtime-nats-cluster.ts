/** A cluster of real nats-servers on this machine for tests, with streams that survive the loss of one. */

import { createServer } from 'node:net';
import { openLink } from '../runtime/nats/link.ts';
import { type NatsServer, startNatsServer } from './runtime-nats-server.ts';

/** How long a cluster may take to elect its first leader, in milliseconds. */
const ELECTION_MS = 30_000;

/** Servers that know each other. */
export interface NatsCluster extends AsyncDisposable {
  readonly servers: readonly NatsServer[];
  /** The addresses of all servers, for clients. */
  readonly urls: string[];
  /** The server that leads a stream now, null while there is none, and how many servers have all of it. */
  holders(stream: string): Promise<{ readonly leader: NatsServer | null; readonly copies: number }>;
}

/** Starts so many servers and waits until they have elected a leader. */
export async function startNatsCluster(size = 3): Promise<NatsCluster> {
  const ports = await freePorts(size);
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
  const servers = await Promise.all(
    ports.map((port, i) =>
      startNatsServer({
        args: [
          '--name',
          nameOf(i),
          '--cluster_name',
          'test',
          '--cluster',
          `nats://127.0.0.1:${port}`,
          '--routes',
          routes,
        ],
      }),
    ),
  );
  const urls = servers.map(({ url }) => url);
  await untilElected(urls);
  return {
    servers,
    urls,
    holders: async (stream) => {
      const link = await openLink({ servers: urls }, 'observer');
      try {
        const { cluster } = await link.jsm.streams.info(stream);
        const others = cluster?.replicas?.filter(({ current }) => current) ?? [];
        return { leader: servers[indexOf(cluster?.leader ?? '')] ?? null, copies: 1 + others.length };
      } finally {
        await link.nc.close();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

async function untilElected(urls: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + ELECTION_MS; ; ) {
    try {
      const link = await openLink({ servers: urls }, 'observer');
      return await link.nc.close();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

const nameOf = (i: number): string => `server-${i}`;
const indexOf = (name: string): number => Number(name.replace('server-', ''));

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const holder = createServer().listen(0, '127.0.0.1', () => resolve(holder));
        }),
    ),
  );
  const ports = holders.map((holder) => (holder.address() as { readonly port: number }).port);
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}
