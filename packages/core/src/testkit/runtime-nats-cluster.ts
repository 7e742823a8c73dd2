/** A cluster of real nats-servers on this machine for tests, with streams that survive the loss of one. */

import { createServer } from 'node:net';
import { type Link, openLink, persistently } from '../runtime/nats/link.ts';
import { type NatsServer, startNatsServer } from './runtime-nats-server.ts';

/** How long a cluster may take to elect a leader, in milliseconds. */
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
  await (await untilElected(urls)).nc.close();
  return {
    servers,
    urls,
    holders: async (stream) => {
      const link = await untilElected(urls);
      try {
        const { cluster } = await persistently(link, () => link.jsm.streams.info(stream));
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

/** A connection to the cluster, once it has a leader. */
async function untilElected(urls: readonly string[]): Promise<Link> {
  for (const deadline = performance.now() + ELECTION_MS; ; ) {
    try {
      return await openLink({ servers: urls }, 'observer');
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
