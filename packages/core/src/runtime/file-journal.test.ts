import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalKitEntry, journalConformance } from '../testkit/runtime-journal.ts';
import { fileJournal } from './file-journal.ts';

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'skein-journal-'));
  try {
    await body(join(folder, 'run', 'journal'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

journalConformance('file journal', (body) => inFolder((path) => body(() => fileJournal(path, JournalKitEntry))));

async function writeSteps(path: string, count: number): Promise<void> {
  await using journal = await fileJournal(path, JournalKitEntry);
  for (let step = 0; step < count; step++) await journal.append(`s${step}`, { step });
}

async function readSteps(path: string): Promise<number[]> {
  await using journal = await fileJournal(path, JournalKitEntry);
  return (await Array.fromAsync(journal.read())).map(({ entry }) => entry.step);
}

test('wherever a crash cut the file, every entry before the cut is there, and appending goes on', () =>
  inFolder(async (path) => {
    await writeSteps(path, 3);
    const whole = readFileSync(path);
    const ends: number[] = [8];
    for (let at = 8; at < whole.length; ends.push(at)) at += 8 + whole.readUInt32LE(at);
    for (let cut = 0; cut < whole.length; cut++) {
      writeFileSync(path, whole.subarray(0, cut));
      const survivors = ends.filter((end) => end > 8 && end <= cut).length;
      expect(await readSteps(path), `cut at ${cut}`).toEqual([0, 1, 2].slice(0, survivors));
    }
    // Some file systems fill what was not written with zeros.
    truncateSync(path, whole.length + 100);
    await writeSteps(path, 4);
    expect(await readSteps(path)).toEqual([0, 1, 2, 3]);
  }));

test('rubbish at the end is cut off; damage before the end is an error that names the place', () =>
  inFolder(async (path) => {
    await writeSteps(path, 2);
    const whole = readFileSync(path);
    appendFileSync(path, Buffer.alloc(5, 0xff));
    expect(await readSteps(path)).toEqual([0, 1]);
    const damaged = Buffer.from(whole);
    damaged[20] = (damaged[20] as number) ^ 1;
    writeFileSync(path, damaged);
    await expect(readSteps(path)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('entry 1 at byte 8'),
    });
    writeFileSync(path, 'not a journal at all');
    await expect(readSteps(path)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('another kind of file'),
    });
  }));

test('two processes cannot have it open; a dead one does not keep it', () =>
  inFolder(async (path) => {
    await writeSteps(path, 1);
    await using _open = await fileJournal(path, JournalKitEntry);
    await expect(fileJournal(path, JournalKitEntry)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
    writeFileSync(`${path}2.lock`, JSON.stringify({ pid: dead, host: hostname() }));
    await writeSteps(`${path}2`, 1);
    expect(await readSteps(`${path}2`)).toEqual([0]);
    if (process.platform !== 'linux') return;
    // In containers, numbers come again: a living process is not the holder if it started at another time.
    writeFileSync(`${path}2.lock`, JSON.stringify({ pid: process.pid, host: hostname(), startedAt: '1' }));
    expect(await readSteps(`${path}2`)).toEqual([0]);
  }));
