/** The server configuration of docs/security.md, as it stands there: who may do what. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conformanceTasks } from '../../testkit/runtime.ts';
import { type NatsServer, startNatsServer } from '../../testkit/runtime-nats-server.ts';
import * as kit from '../../testkit/runtime-tasks.ts';
import { cancelRun, deleteRun, natsRuntime, startWorker } from '../nats.ts';
import { openConnection } from './connection.ts';
import type { NatsConnectionOptions, WorkerEvent } from './options.ts';

const page = readFileSync(new URL('../../../../../docs/security.md', import.meta.url), 'utf8');
const configuration = /^```conf\n([\s\S]*?)^```$/m.exec(page)?.[1] as string;

const folder = mkdtempSync(join(tmpdir(), 'skein-security-'));
const passwords = { coordinator: 'for-coordinators', worker: 'for-workers' };
let server: NatsServer;

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const flags = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', join(folder, 'server-key.pem'), '-out', join(folder, 'server-cert.pem')];
  execFileSync('openssl', [...flags, ...subject, ...files], { stdio: 'ignore' });
  writeFileSync(join(folder, 'skein.conf'), configuration);
  process.env['COORDINATOR_PASSWORD'] = passwords.coordinator;
  process.env['WORKER_PASSWORD'] = passwords.worker;
  server = await startNatsServer({ args: ['-c', 'skein.conf'], jetStream: false, folder });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const as = (user: keyof typeof passwords): NatsConnectionOptions => ({
  servers: server.url,
  user,
  pass: passwords[user],
  tls: { caFile: join(folder, 'server-cert.pem') },
});

test('both roles can do all of their work', async () => {
  const problems: WorkerEvent[] = [];
  const onEvent = (event: WorkerEvent): void => {
    if (event.type === 'worker/problem') problems.push(event);
  };
  await using _worker = await startWorker({ ...as('worker'), tasks: [conformanceTasks], concurrency: 2, onEvent });
  await using runtime = await natsRuntime({ ...as('coordinator'), run: 'locked' });
  expect((await runtime.workers()).length).toBe(1);
  expect(await runtime.map(kit.square, [{ x: 1 }, { x: 2 }, { x: 3 }])).toEqual([1, 4, 9]);
  const x = new Float32Array(600_000).fill(1);
  expect((await runtime.run(kit.scale, { x, by: 2 })).sum).toBe(1_200_000);
  await runtime.parameters.publish('p', Float32Array.of(1));
  expect(await runtime.run(kit.increment, { name: 'p' })).toEqual({ seen: [1], version: 2 });
  for (let version = 1; version <= 4; version++) await runtime.parameters.publish('large', x);
  expect((await runtime.run(kit.increment, { name: 'large' })).version).toBe(5);
  const digest = await runtime.blobs.put(new Uint8Array(1_500_000).fill(3));
  expect(await runtime.blobs.has(await runtime.run(kit.reverseBlob, { digest }))).toBe(true);
  const reports: unknown[] = [];
  const onProgress = (report: unknown): number => reports.push(report);
  await runtime.run(kit.report, { count: 5 }, { id: 'r', keepReports: true, onProgress });
  await runtime.run(kit.report, { count: 5 }, { onProgress });
  expect(reports).toHaveLength(10);
  await expect(runtime.run(kit.flaky, { until: 3, how: 'throw' }, { attempts: 2, retry: 'any' })).rejects.toMatchObject(
    { code: 'TASK_FAILED' },
  );
  const running = runtime.submit(kit.wait, { ms: 60_000, value: 1 });
  await sleep(300);
  running.cancel();
  await expect(running.result).rejects.toMatchObject({ code: 'TASK_CANCELLED' });
  await runtime.close();
  await cancelRun(as('coordinator'), 'locked');
  await deleteRun(as('coordinator'), 'locked');
  // Workers may not delete: objects stay until their run goes, as the page says.
  for (const problem of problems) expect(JSON.stringify(problem)).toContain('STREAM.PURGE.OBJ_skein-blobs-locked');
});

describe('denied', () => {
  /** What the server says about a publication of a user: null if it lets it through. */
  async function denialOf(user: keyof typeof passwords, subject: string): Promise<string | null> {
    const nc = await openConnection(as(user), 'intruder');
    const denied: string[] = [];
    const listening = (async () => {
      for await (const status of nc.status()) {
        if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
          denied.push(status.error.message);
        }
      }
    })();
    nc.publish(subject, '{}', { reply: '_INBOX.nobody' });
    // The server answers in order: what it has to say about the message comes before this.
    await nc.flush();
    await nc.close();
    await listening;
    return denied[0] ?? null;
  }

  test.each([
    'skein.task.default.run.mine',
    'skein.control.run',
    'skein.run.run.journal.entry',
    '$JS.API.STREAM.DELETE.skein-run-run',
    '$JS.API.STREAM.PURGE.skein-run-run',
    '$JS.API.STREAM.UPDATE.skein-tasks',
    '$JS.API.STREAM.MSG.DELETE.skein-tasks',
    '$JS.API.CONSUMER.DELETE.skein-tasks.default',
    '$SYS.REQ.SERVER.PING',
    'anything.else',
  ])('to a worker: %s', async (subject) => {
    expect(await denialOf('worker', subject)).toMatch(/permissions violation/i);
  });

  test.each([
    'skein.live.run.task',
    'skein.run.run.attempt.task.1',
    '$JS.API.STREAM.DELETE.skein-tasks',
    '$SYS.REQ.SERVER.PING',
  ])('to a coordinator: %s', async (subject) => {
    expect(await denialOf('coordinator', subject)).toMatch(/permissions violation/i);
  });

  test('what each of them needs goes through: the test above can fail', async () => {
    expect(await denialOf('worker', 'skein.live.run.task')).toBe(null);
    expect(await denialOf('coordinator', 'skein.control.run')).toBe(null);
  });

  test('a worker that submits a task is told so', async () => {
    await using runtime = await natsRuntime({ ...as('worker'), run: 'pretender' });
    await expect(runtime.run(kit.square, { x: 1 })).rejects.toMatchObject({
      code: 'CONNECTION',
      message: expect.stringMatching(/does not permit.*skein\.task\.default/i),
    });
  });

  test.each([
    ['a wrong password', { pass: 'guess' }],
    ['no login', { user: undefined, pass: undefined }],
    ['no trust in the certificate', { tls: undefined }],
  ])('to anybody with %s', async (_name, change) => {
    const given = Object.entries({ ...as('coordinator'), ...change }).filter(([, value]) => value !== undefined);
    const options = Object.fromEntries(given) as unknown as NatsConnectionOptions;
    await expect(natsRuntime(options)).rejects.toMatchObject({ code: 'CONNECTION' });
  });
});
