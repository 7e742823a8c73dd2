import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Objm } from '@nats-io/obj';
import { nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { conformanceTasks } from '../../testkit/runtime.ts';
import { JournalKitEntry, journalConformance } from '../../testkit/runtime-journal.ts';
import { type NatsServerOptions, startNatsServer } from '../../testkit/runtime-nats-server.ts';
import * as kit from '../../testkit/runtime-tasks.ts';
import { encodeValue } from '../../wire.ts';
import { cancelRun, deleteRun, listRuns, natsRuntime, startWorker } from '../nats.ts';
import type { NatsRuntime } from '../runtime.ts';
import { openLink } from './link.ts';
import { pack, TaskMessage } from './messages.ts';
import type { NatsConnectionOptions, WorkerEvent } from './options.ts';

const tasks = [conformanceTasks];

/** A folder with the given files, deleted at the end. */
function folderWith(files: Readonly<Record<string, string>>): Disposable & { path(name: string): string } {
  const folder = mkdtempSync(join(tmpdir(), 'skein-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { path: (name) => join(folder, name), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** Runs one task through a server; worker and coordinator log in with these options. */
async function runOneTask(options: NatsConnectionOptions): Promise<number> {
  await using _worker = await startWorker({ ...options, tasks, concurrency: 1 });
  await using runtime = await natsRuntime(options);
  return await runtime.run(kit.square, { x: 5 });
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('logging in', () => {
  const cases: [name: string, server: NatsServerOptions, right: object, wrong: object][] = [
    ['a token', { args: ['--auth', 'secret'] }, { token: 'secret' }, { token: 'guess' }],
    ['user and password', { args: ['--user', 'u', '--pass', 'p'] }, { user: 'u', pass: 'p' }, { user: 'u', pass: 'x' }],
  ];
  test.each(cases)('with %s', async (_name, serverOptions, right, wrong) => {
    await using server = await startNatsServer(serverOptions);
    expect(await runOneTask({ servers: server.url, ...right })).toBe(25);
    for (const options of [wrong, {}]) {
      await expect(natsRuntime({ servers: server.url, ...options })).rejects.toMatchObject({
        code: 'CONNECTION',
        advice: expect.stringContaining('check token, user and password'),
      });
    }
  });

  test('with an nkey', async () => {
    const user = nkeys.createUser();
    using folder = folderWith({ 'server.conf': `authorization { users = [ { nkey: ${user.getPublicKey()} } ] }` });
    await using server = await startNatsServer({ args: ['-c', folder.path('server.conf')] });
    expect(await runOneTask({ servers: server.url, nkeySeed: text(user.getSeed()) })).toBe(25);
    const nkeySeed = text(nkeys.createUser().getSeed());
    await expect(natsRuntime({ servers: server.url, nkeySeed })).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('with a credentials file', async () => {
    const [operator, user] = [nkeys.createOperator(), nkeys.createUser()];
    const [system, account] = [nkeys.createAccount(), nkeys.createAccount()];
    const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');
    const jwt = (issuer: typeof operator, subject: typeof operator, claims: object): string => {
      const body = {
        jti: 'x',
        iat: 1,
        iss: issuer.getPublicKey(),
        sub: subject.getPublicKey(),
        nats: { version: 2, ...claims },
      };
      const unsigned = `${base64('{"typ":"JWT","alg":"ed25519-nkey"}')}.${base64(JSON.stringify(body))}`;
      return `${unsigned}.${base64(issuer.sign(Buffer.from(unsigned)))}`;
    };
    const none = { subs: -1, data: -1, payload: -1 };
    const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
    const noStorage = { mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 };
    const limits = { ...none, ...storage, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
    using folder = folderWith({
      'user.creds': [
        `-----BEGIN NATS USER JWT-----\n${jwt(account, user, { type: 'user', ...none })}\n------END NATS USER JWT------`,
        `-----BEGIN USER NKEY SEED-----\n${text(user.getSeed())}\n------END USER NKEY SEED------\n`,
      ].join('\n\n'),
      'server.conf': `operator: ${jwt(operator, operator, { type: 'operator' })}
        resolver: MEMORY
        system_account: ${system.getPublicKey()}
        resolver_preload: {
          ${system.getPublicKey()}: ${jwt(operator, system, { type: 'account', limits: { ...limits, ...noStorage } })}
          ${account.getPublicKey()}: ${jwt(operator, account, { type: 'account', limits })}
        }`,
    });
    await using server = await startNatsServer({ args: ['-c', folder.path('server.conf')] });
    expect(await runOneTask({ servers: server.url, credsFile: folder.path('user.creds') })).toBe(25);
    await expect(natsRuntime({ servers: server.url })).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('over TLS, with a certificate that only its authority makes trustworthy', async () => {
    using folder = folderWith({});
    const [key, cert] = [folder.path('key.pem'), folder.path('cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const flags = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...flags, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    await using server = await startNatsServer({ args: ['--tls', '--tlscert', cert, '--tlskey', key] });
    expect(await runOneTask({ servers: server.url, tls: { caFile: cert } })).toBe(25);
    await expect(natsRuntime({ servers: server.url })).rejects.toMatchObject({ code: 'CONNECTION' });
  });

  test('as a user who may not publish tasks: the error names what is not permitted', async () => {
    using folder = folderWith({
      'server.conf':
        'authorization { users = [ { user: u, password: p, permissions: { publish: { deny: "skein.task.>" } } } ] }',
    });
    await using server = await startNatsServer({ args: ['-c', folder.path('server.conf')] });
    await using runtime = await natsRuntime({ servers: server.url, user: 'u', pass: 'p' });
    await expect(runtime.run(kit.square, { x: 1 })).rejects.toMatchObject({
      code: 'CONNECTION',
      message: expect.stringMatching(/does not permit.*skein\.task\.default/i),
    });
  });

  test('where nobody listens, or nothing is kept: the error says how to start a server', async () => {
    await using plain = await startNatsServer({ jetStream: false });
    for (const servers of ['nats://127.0.0.1:1', plain.url]) {
      await expect(natsRuntime({ servers })).rejects.toMatchObject({
        code: 'CONNECTION',
        message: expect.stringContaining(servers),
        advice: expect.stringContaining('nats-server -js'),
      });
    }
  });
});

describe('untrusted messages', () => {
  test('what is no task is refused, with a reason where there is someone to tell; the worker lives on', async () => {
    await using server = await startNatsServer();
    const problems: string[] = [];
    const ended: string[] = [];
    const onEvent = (event: WorkerEvent): void => {
      if (event.type === 'worker/problem') problems.push(event.message);
      if (event.type === 'task/ended') ended.push(`${event.run}/${event.taskId} ${event.outcome}`);
    };
    await using _worker = await startWorker({ servers: server.url, tasks, concurrency: 1, onEvent });
    await using runtime = await natsRuntime({ servers: server.url, run: 'r' });
    const link = await openLink({ servers: server.url }, 'stranger');
    const valid = {
      task: 'kit/square',
      rng: { key: [0, 0], counter: 0 } as { key: [number, number]; counter: number },
      timeoutMs: null,
      attempts: 1,
      retry: 'lost' as const,
      keepReports: false,
    };
    const bytes = encodeValue({ x: 'seven' });
    await link.js.publish('skein.task.default.r.junk', 'junk');
    await link.js.publish('skein.task.default.r.future', encodeValue({ v: 2 }));
    await link.js.publish('skein.task.default.r.blob', pack(TaskMessage, { ...valid, input: { object: 'nothing' } }));
    await link.js.publish('skein.task.default.r.input', pack(TaskMessage, { ...valid, input: { bytes } }));
    await link.js.publish('skein.task.default.nowhere.lost', 'junk');
    await link.js.publish('skein.task.default.r.a.b', 'junk');
    link.nc.publish('skein.control.r', 'junk');
    const resultOf = (id: string) => runtime.run(kit.square, { x: 1 }, { id });
    await expect(resultOf('junk')).rejects.toMatchObject({ code: 'WIRE' });
    await expect(resultOf('future')).rejects.toMatchObject({
      code: 'WIRE',
      message: expect.stringMatching(/v: expected 1, got 2/),
    });
    await expect(resultOf('blob')).rejects.toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('nothing is stored'),
    });
    await expect(resultOf('input')).rejects.toMatchObject({
      code: 'TASK_INPUT',
      message: expect.stringContaining('got "seven"'),
    });
    await expect.poll(() => ended).toContain('nowhere/lost cancelled');
    expect(problems).toEqual(expect.arrayContaining([expect.stringContaining('skein.task.default.r.junk refused')]));
    expect(await runtime.run(kit.square, { x: 3 })).toBe(9);
    await expect.poll(async () => (await link.jsm.streams.info('skein-tasks')).state.messages).toBe(0);
    await link.nc.close();
  });
});

describe('runs', () => {
  test('a run without a name leaves nothing on the server, a named one is kept until it is deleted', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url };
    const link = await openLink(options, 'observer');
    const streams = async (): Promise<string[]> => {
      const names: string[] = [];
      for await (const { config } of link.jsm.streams.list()) names.push(config.name);
      return names.sort();
    };
    for (const run of [undefined, 'kept']) {
      await using runtime = await natsRuntime(run === undefined ? options : { ...options, run });
      await runtime.parameters.publish('p', 1);
      await runtime.blobs.put(Uint8Array.of(1));
      runtime.submit(kit.square, { x: 1 }, { id: 'never-run' });
      await expect.poll(async () => (await link.jsm.streams.info('skein-tasks')).state.messages).toBe(1);
    }
    expect(await streams()).toEqual([
      'KV_skein-parameters-kept',
      'OBJ_skein-blobs-kept',
      'skein-run-kept',
      'skein-tasks',
    ]);
    // Closing withdrew the waiting task: a worker that comes later has nothing to do.
    expect((await link.jsm.streams.info('skein-tasks')).state.messages).toBe(0);
    await link.js.publish('skein.task.gpu.kept.old', 'waiting');
    await link.js.publish('skein.task.gpu.other.one', 'waiting');
    await deleteRun(options, 'kept');
    expect(await streams()).toEqual(['skein-tasks']);
    expect((await link.jsm.streams.info('skein-tasks')).state.messages).toBe(1);
    await link.nc.close();
  });

  test('runs are listed, and cancelled from outside', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url };
    const events: WorkerEvent[] = [];
    const onEvent = (event: WorkerEvent): number => events.push(event);
    expect(await listRuns(options)).toEqual([]);
    await using _worker = await startWorker({ ...options, tasks, concurrency: 1, onEvent });
    await using first = await natsRuntime({ ...options, run: 'first' });
    await using second = await natsRuntime({ ...options, run: 'second' });
    expect(await second.run(kit.square, { x: 2 })).toBe(4);
    first.submit(kit.wait, { ms: 60_000, value: 1 }, { id: 'running' });
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ type: 'task/started', taskId: 'running' }));
    first.submit(kit.wait, { ms: 60_000, value: 1 }, { id: 'waiting' });
    const counts = async (): Promise<string[]> =>
      (await listRuns(options)).map(({ run, finished, waiting }) => `${run}: ${finished} finished, ${waiting} waiting`);
    await expect.poll(counts).toEqual(['second: 1 finished, 0 waiting', 'first: 0 finished, 2 waiting']);
    await cancelRun(options, 'first');
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ taskId: 'running', outcome: 'cancelled' }));
    expect(await counts()).toEqual(['second: 1 finished, 0 waiting', 'first: 0 finished, 0 waiting']);
    expect(await second.run(kit.square, { x: 3 })).toBe(9);
  });

  test('large inputs, results and reports are deleted as soon as nobody can need them', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url };
    await using _worker = await startWorker({ ...options, tasks, concurrency: 1 });
    const link = await openLink(options, 'observer');
    const objects = async (run: string): Promise<string[]> => {
      const store = await new Objm(link.js).open(`skein-blobs-${run}`);
      return (await store.list()).map(({ name }) => name);
    };
    const x = new Float32Array(400_000);
    await using kept = await natsRuntime({ ...options, run: 'kept' });
    await kept.run(kit.scale, { x, by: 2 }, { id: 'one' });
    await using passing = await natsRuntime(options);
    await passing.run(kit.scale, { x, by: 2 });
    // A named run keeps its results for whoever continues it.
    await expect.poll(() => objects('kept')).toEqual([expect.stringMatching(/^output\/one\//)]);
    await expect.poll(() => objects(passing.runId)).toEqual([]);
    expect((await kept.run(kit.scale, { x, by: 2 }, { id: 'one' })).y).toHaveLength(400_000);
    await link.nc.close();
  });

  test('a cancelled task stays cancelled for whoever submits it again', async () => {
    await using server = await startNatsServer();
    await using runtime = await natsRuntime({ servers: server.url, run: 'r' });
    const handle = runtime.submit(kit.square, { x: 1 }, { id: 'unwanted' });
    handle.cancel('not needed');
    await expect(handle.result).rejects.toMatchObject({ code: 'TASK_CANCELLED' });
    await using second = await natsRuntime({ servers: server.url, run: 'r' });
    await using _worker = await startWorker({ servers: server.url, tasks, concurrency: 1 });
    await expect
      .poll(async () => second.run(kit.square, { x: 1 }, { id: 'unwanted' }).catch((e) => e.message))
      .toContain('not needed');
  });

  test('what was withdrawn with its run can be submitted again at once', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url };
    await using first = await natsRuntime({ ...options, run: 'r' });
    const withdrawn = first.submit(kit.square, { x: 3 }, { id: 'one' });
    withdrawn.result.catch(() => undefined);
    await expect.poll(() => first.find('one')).toBe('unfinished');
    await cancelRun(options, 'r');
    await expect(withdrawn.result).rejects.toMatchObject({ code: 'TASK_CANCELLED' });
    expect(await first.find('one')).toBe(null);
    await using _worker = await startWorker({ ...options, tasks, concurrency: 1 });
    await using second = await natsRuntime({ ...options, run: 'r' });
    expect(await second.run(kit.square, { x: 3 }, { id: 'one' })).toBe(9);
    expect(await second.find('one')).toBe('done');
  });

  test('kept reports are told again to whoever submits the task again, and then what follows', async () => {
    await using server = await startNatsServer();
    const options = { servers: server.url, run: 'r' };
    await using _worker = await startWorker({ ...options, tasks, concurrency: 1 });
    const follow = (runtime: NatsRuntime) => {
      const reports: unknown[] = [];
      const onProgress = (report: unknown) => reports.push((report as { i: number }).i);
      const handle = runtime.submit(kit.report, { count: 200 }, { id: 'told', keepReports: true, onProgress });
      return { reports, handle };
    };
    const all = Array.from({ length: 200 }, (_, i) => i);
    await using one = await natsRuntime(options);
    const first = follow(one);
    await expect.poll(() => first.reports.length, { timeout: 20_000 }).toBeGreaterThan(10);
    await using two = await natsRuntime(options);
    const second = follow(two);
    await Promise.all([first.handle.result, second.handle.result]);
    await using three = await natsRuntime(options);
    const third = follow(three);
    await third.handle.result;
    expect([first.reports, second.reports, third.reports]).toEqual([all, all, all]);
  });

  test('installations under different namespaces do not see each other', async () => {
    await using server = await startNatsServer();
    await using _worker = await startWorker({
      servers: server.url,
      tasks,
      concurrency: 1,
      name: 'theirs',
      namespace: 'theirs',
    });
    await using ours = await natsRuntime({ servers: server.url, run: 'r' });
    await using theirs = await natsRuntime({ servers: server.url, run: 'r', namespace: 'theirs' });
    expect(await theirs.run(kit.square, { x: 2 })).toBe(4);
    expect(await ours.workers()).toEqual([]);
    expect((await theirs.workers()).map(({ name }) => name)).toEqual(['theirs']);
  });

  test('the patience with silent workers belongs to the queue: it changes only while nobody serves it', async () => {
    await using server = await startNatsServer();
    const start = (silenceMs?: number, queue = 'default') =>
      startWorker({ servers: server.url, tasks, queues: [queue], ...(silenceMs === undefined ? {} : { silenceMs }) });
    const link = await openLink({ servers: server.url }, 'observer');
    const patience = async (): Promise<number> =>
      ((await link.jsm.consumers.info('skein-tasks', 'default')).config.ack_wait ?? 0) / 1e6;
    {
      await using _first = await start(2000);
      await using _second = await start();
      await using _same = await start(2000);
      await using _elsewhere = await start(3000, 'gpu');
      await expect(start(4000)).rejects.toMatchObject({
        code: 'INPUT',
        message: "silenceMs: expected 2000 as for the other workers of queue 'default', got 4000",
      });
      expect(await patience()).toBe(2000);
    }
    await using _later = await start(4000);
    expect(await patience()).toBe(4000);
    await link.nc.close();
  });

  test('names that could reach into other subjects are refused', async () => {
    const servers = 'nats://127.0.0.1:1';
    await expect(natsRuntime({ servers, run: 'a.b' })).rejects.toMatchObject({ code: 'INPUT' });
    await expect(natsRuntime({ servers, namespace: '>' })).rejects.toMatchObject({ code: 'INPUT' });
    await expect(startWorker({ servers, tasks, name: 'a b' })).rejects.toMatchObject({ code: 'INPUT' });
    await expect(startWorker({ servers, tasks: ['./missing.ts'] })).rejects.toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining('missing.ts cannot be imported'),
    });
  });
});

journalConformance('NATS journal', async (body) => {
  await using server = await startNatsServer();
  await using runtime = await natsRuntime({ servers: server.url, run: 'r' });
  await body(async () => runtime.journal(JournalKitEntry));
});
