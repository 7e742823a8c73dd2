/** Disks that are full and folders that cannot be written, here and on the server. Expected: the reason, and a way on. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteRun, natsRuntime } from '@skein/core';
import { conformanceKit as kit, startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli, temporaryFolder } from '../support/cli.ts';
import { rows } from '../support/runs.ts';
import { startWorkerProcess } from './workers.ts';

const trainInto = (out: string) => [
  ...['train', 'dqn', '--env', 'CartPole-v1', '--steps', '12000', '--checkpoint-every', '2000', '--seed', '5'],
  ...['--out', out],
];
const evolveInto = (out: string) => [
  ...['evolve', '--problem', 'rastrigin', '--size', '5', '--generations', '60', '--threads', '2', '--out', out],
];
const ADVICE = 'check that the folder is writable and the disk is not full';

describe('a run that may write only so much', () => {
  const folder = temporaryFolder();
  const cwd = folder.path;
  afterAll(() => folder[Symbol.dispose]());
  // Files end at so many blocks of 512 bytes; without the trap, the signal for it would end the program.
  const limited = (blocks: number) => ({ cwd, shell: `trap '' XFSZ; ulimit -f ${blocks}` });

  test.each([
    ['training: its checkpoint', trainInto, 300, 'checkpoint.skein', 'agent.skein'],
    ['evolution: its journal', evolveInto, 40, 'journal.skein', 'metrics.jsonl'],
  ] as const)('%s', async (_name, into, blocks, file, result) => {
    const name = file.slice(0, 4);
    expect((await runCli(into(`${name}-whole`), { cwd })).code).toBe(0);
    const { code, stderr } = await runCli(into(name), limited(blocks));
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(`IO: ${name}/${file}: cannot be written: EFBIG`);
    expect(stderr).toContain(ADVICE);
    expect(existsSync(join(cwd, name, 'summary.json'))).toBe(false);
    const resumed = await runCli(['resume', name], { cwd });
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(rows(join(cwd, name))).toEqual(rows(join(cwd, `${name}-whole`)));
    if (result === 'agent.skein') {
      const read = (run: string) => readFileSync(join(cwd, run, result));
      expect(read(name).equals(read(`${name}-whole`))).toBe(true);
    }
  });

  test('a folder that cannot be made', async () => {
    writeFileSync(join(cwd, 'file'), '');
    const { code, stderr } = await runCli(trainInto('file/run'), { cwd });
    expect(stderr).toMatch(/CONFIG: --out file\/run: cannot be made: ENOTDIR/);
    expect(stderr).toContain('choose a folder that you may write to');
    expect(code).toBe(2);
  });
});

const mountPoint = mkdtempSync(join(tmpdir(), 'skein-mount-'));
const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
const isMounted = mount('-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', mountPoint);

// Mounting takes rights that not every machine gives; the limits above stand in for it.
describe.skipIf(!isMounted)('a file system', () => {
  beforeAll(() => mkdirSync(join(mountPoint, 'runs')));
  afterAll(() => {
    spawnSync('umount', [mountPoint]);
    rmSync(mountPoint, { recursive: true, force: true });
  });

  test('that is full: the run ends with the reason, and goes on when there is room', async () => {
    const cwd = mountPoint;
    const { code, stderr } = await runCli(trainInto('run'), { cwd });
    expect(stderr).toMatch(/IO: run\/\S+: cannot be written: ENOSPC/);
    expect(stderr).toContain(ADVICE);
    expect(code).toBe(1);
    mount('-o', 'remount,size=16m', mountPoint);
    expect((await runCli(['resume', 'run'], { cwd })).code).toBe(0);
  });

  test('that fills up under a run', async () => {
    const cwd = mountPoint;
    await using run = startCli([...trainInto('other'), '--steps', '500000'], { cwd });
    await expect.poll(() => existsSync(join(cwd, 'other/checkpoint.skein')), { timeout: 30_000 }).toBe(true);
    spawnSync('dd', ['if=/dev/zero', `of=${join(cwd, 'filler')}`, 'bs=16k'], { stdio: 'ignore' });
    const { code, stderr } = await run.ended;
    expect(stderr).toMatch(/cannot be written: ENOSPC/);
    expect(code).toBe(1);
  });
});
if (!isMounted) rmSync(mountPoint, { recursive: true });

test('a server whose storage is full says so to each task that it cannot keep, and goes on when there is room', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'server.conf');
  writeFileSync(config, 'jetstream { max_file_store: 3MB, max_mem: 1MB }');
  await using server = await startNatsServer({ args: ['-c', config] });
  await using worker = await startWorkerProcess({ name: 'w', servers: server.url });
  await using greedy = await natsRuntime({ servers: server.url, run: 'greedy' });
  // Small inputs and large results, in a message and in the object store.
  const draws = [...Array<number>(10).fill(90_000), 400_000].map((n) => greedy.run(kit.draw, { n }));
  const ends = await Promise.allSettled(draws);
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
  expect(reasons.length).toBeGreaterThan(4);
  for (const reason of reasons) {
    expect(reason).toMatchObject({
      code: 'IO',
      message: expect.stringContaining('insufficient resources'),
      advice: expect.stringContaining('max_file_store'),
    });
  }
  expect(reasons.map(({ message }) => message).join()).toMatch(/ended on worker w, but the server did not store how/);
  expect(worker.events.some((e) => e.type === 'worker/problem' && /cannot be stored/.test(e.message))).toBe(true);
  await greedy.close();
  await deleteRun({ servers: server.url }, 'greedy');
  await using modest = await natsRuntime({ servers: server.url });
  expect(await modest.run(kit.square, { x: 4 })).toBe(16);
});
