/** A bad network: between a client and nats-server, messages of chosen subjects come twice, or late. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of the messages whose subject or reply subject matches. */
export interface Fault {
  readonly matches: RegExp;
  /** How often they arrive, one after another. */
  readonly copies: number;
  /** Milliseconds until they arrive; others overtake them. */
  readonly delayMs: number;
}

/** Listens on a port of its own and passes everything on to the server, with its fault. */
export async function startProxy(port: number, fault: Fault): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      const frames = new Frames();
      from.on('data', (chunk) => {
        for (const frame of frames.take(chunk)) pass(frame, to, fault);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `nats://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

function pass(frame: Buffer, to: Socket, { matches, copies, delayMs }: Fault): void {
  const head = frame.toString('latin1', 0, Math.max(0, frame.indexOf('\r\n')));
  if (!/^H?(PUB|MSG) /.test(head) || !matches.test(head)) {
    to.write(frame);
    return;
  }
  setTimeout(() => {
    for (let copy = 0; copy < copies && !to.destroyed; copy++) to.write(frame);
  }, delayMs);
}

/** Cuts a stream of the NATS protocol into lines and messages. */
class Frames {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end < 0) return frames;
      const line = this.#rest.toString('latin1', 0, end);
      const payload = /^H?(PUB|MSG) /.test(line) ? Number(line.slice(line.lastIndexOf(' ') + 1)) + 2 : 0;
      const length = end + 2 + payload;
      if (this.#rest.length < length) return frames;
      frames.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
  }
}
