/** BullMQ on a redis-server of its own as a runner. Its payloads are JSON, so bytes travel as base64. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardChild } from '@skein/core/testkit';
import { LARGE_IN_FLIGHT, type Runner } from './measure.ts';

/** BullMQ loads its Redis client only when it connects. */
function hasClient(): boolean {
  try {
    createRequire(import.meta.resolve('bullmq')).resolve('ioredis');
    return true;
  } catch {
    return false;
  }
}

/** Starts Redis and a worker process; null if BullMQ or Redis is not installed. */
export async function startBullMq(): Promise<(Runner & AsyncDisposable) | null> {
  const bullMq = await import('bullmq').catch(() => null);
  if (bullMq === null || !hasClient() || spawnSync('redis-server', ['--version']).status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'skein-redis-'));
  const port = await freePort();
  const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const redis = start('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, ...durable]);
  const worker = start(process.execPath, [fileURLToPath(new URL('./bullmq-worker.ts', import.meta.url)), `${port}`]);
  await once(worker.stdout as NodeJS.ReadableStream, 'data');
  const connection = { host: '127.0.0.1', port };
  const queue = new bullMq.Queue('bench', { connection });
  const events = new bullMq.QueueEvents('bench', { connection });
  await events.waitUntilReady();
  const waiting = new Map<string, (answer: string | null) => void>();
  events.on('completed', ({ jobId, returnvalue }) => {
    waiting.get(jobId)?.(returnvalue as unknown as string | null);
    waiting.delete(jobId);
  });
  let last = 0;
  /** A job, and its answer. The job is gone from Redis once it is done, as tasks are from a work queue. */
  const jobOf = (bytes: Uint8Array | null) => {
    const jobId = `job-${++last}`;
    const answer = new Promise<string | null>((resolve) => waiting.set(jobId, resolve));
    const data = bytes === null ? null : Buffer.from(bytes).toString('base64');
    return { job: { name: 'task', data, opts: { jobId, removeOnComplete: true } }, answer };
  };
  const one = async (bytes: Uint8Array | null): Promise<Uint8Array | null> => {
    const { job, answer } = jobOf(bytes);
    await queue.add(job.name, job.data, job.opts);
    const text = await answer;
    return bytes === null || text === null ? null : Buffer.from(text, 'base64');
  };
  const empties = async (count: number): Promise<void> => {
    const jobs = Array.from({ length: count }, () => jobOf(null));
    await queue.addBulk(jobs.map(({ job }) => job));
    await Promise.all(jobs.map(({ answer }) => answer));
  };
  const echoes = async (count: number, bytes: Uint8Array): Promise<void> => {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await one(bytes);
    };
    await Promise.all(Array.from({ length: LARGE_IN_FLIGHT }, lane));
  };
  return {
    name: 'BullMQ',
    many: (count, bytes) => (bytes === null ? empties(count) : echoes(count, bytes)),
    one,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([queue.close(), events.close()]);
      for (const child of [worker, redis]) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  guardChild(child);
  return child;
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { readonly port: number };
  await new Promise((resolve) => holder.close(resolve));
  return port;
}
