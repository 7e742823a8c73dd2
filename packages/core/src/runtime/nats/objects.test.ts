import { Objm } from '@nats-io/obj';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type NatsServer, startNatsServer } from '../../testkit/runtime-nats-server.ts';
import { blobDigest } from '../blob-digest.ts';
import { type Link, openLink } from './link.ts';
import { Objects } from './objects.ts';

let server: NatsServer;
let link: Link;
beforeAll(async () => {
  server = await startNatsServer();
  link = await openLink({ servers: server.url, maxValueBytes: 10_000_000 }, 'test');
});
afterAll(async () => {
  await link.nc.close();
  await server[Symbol.asyncDispose]();
});

const some = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => Math.imul(i, 2_654_435_761) >>> 13);
const sizeOf = async (bucket: string): Promise<number> => (await link.jsm.streams.info(`OBJ_${bucket}`)).state.bytes;

test("objects of any size come back, and the store's own client reads them too", async () => {
  const objects = new Objects(link, 'sizes');
  const store = await new Objm(link.js).create('sizes');
  for (const size of [0, 1, link.maxMessageBytes, link.maxMessageBytes + 1, 5_000_000]) {
    const name = `input/${size}`;
    await objects.write(name, some(size));
    const read = await objects.read(name);
    expect(read?.digest).toBe(blobDigest(some(size)));
    expect(Buffer.compare(read?.bytes as Uint8Array, some(size))).toBe(0);
    const theirs = await store.getBlob(name);
    expect(Buffer.compare(theirs as Uint8Array, some(size))).toBe(0);
  }
  expect(await objects.read('nothing')).toBe(null);
});

test('what is removed is gone, with its bytes', async () => {
  const objects = new Objects(link, 'removed');
  await objects.write('a', some(2_000_000));
  await objects.remove('a');
  await objects.remove('a');
  expect(await objects.has('a')).toBe(false);
  expect(await objects.read('a')).toBe(null);
  expect(await sizeOf('removed')).toBeLessThan(10_000);
});

test('compressed objects take less room, read by whoever; what does not shrink is stored as it is', async () => {
  const packing = new Objects({ ...link, compression: 'zstd' }, 'packed');
  const plain = new Objects(link, 'packed');
  const frames = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i >> 9) & 3);
  await packing.write('frames', frames);
  expect(await sizeOf('packed')).toBeLessThan(100_000);
  expect(Buffer.compare((await plain.read('frames'))?.bytes as Uint8Array, frames)).toBe(0);
  const noise = some(1_000_000);
  await packing.write('noise', noise);
  expect(Buffer.compare((await plain.read('noise'))?.bytes as Uint8Array, noise)).toBe(0);
});

test('what was changed in the store is refused, and so is what is too large', async () => {
  const objects = new Objects(link, 'damaged');
  await objects.write('a', some(1_500_000));
  const forge = async (change: object): Promise<void> => {
    const found = await link.jsm.direct.getMessage('OBJ_damaged', { last_by_subj: '$O.damaged.M.YQ==' });
    await link.js.publish('$O.damaged.M.YQ==', JSON.stringify({ ...(found?.json() as object), ...change }));
  };
  await forge({ digest: `SHA-256=${Buffer.alloc(32).toString('base64url')}` });
  await expect(objects.read('a')).rejects.toMatchObject({ code: 'BLOB', message: expect.stringContaining('checksum') });
  await forge({ metadata: { sequences: '1', bytes: '1e15', encoding: 'zstd' } });
  await expect(objects.read('a')).rejects.toMatchObject({
    code: 'BLOB',
    message: expect.stringContaining('at most 10000000 bytes'),
  });
  await forge({ metadata: { sequences: '1', bytes: '5', encoding: 'zstd' } });
  await expect(objects.read('a')).rejects.toMatchObject({ code: 'BLOB' });
  await expect(objects.write('b', new Uint8Array(10_000_001))).rejects.toMatchObject({
    code: 'BLOB',
    advice: expect.stringContaining('maxValueBytes'),
  });
});
