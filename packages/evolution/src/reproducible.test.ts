import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const index = new URL('./index.ts', import.meta.url).href;

/** A program that gives the bits of the best individual of a seeded run, as hexadecimal digits. */
const PROGRAM = `
import(${JSON.stringify(index)}).then(async ({ geneticAlgorithm, rastrigin, gaussian }) => {
  const { best, state } = await geneticAlgorithm({ ...rastrigin(12), population: 700, generations: 12, seed: 5 });
  const { best: other } = await geneticAlgorithm({ ...rastrigin(3), mutation: gaussian(), generations: 12, seed: 5 });
  const bytes = [best, state.parents.genes, other].map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
  answer(Buffer.concat(bytes).toString('hex'));
});`;

const inProcess = (): string =>
  execFileSync(process.execPath, ['-e', `const answer = (text) => process.stdout.write(text);${PROGRAM}`], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    maxBuffer: 2 ** 24,
  });

async function inThread(): Promise<string> {
  const code = `const { parentPort } = require('node:worker_threads');const answer = (text) => parentPort.postMessage(text);`;
  const worker = new Worker(code + PROGRAM, { eval: true, execArgv: [] });
  const [text] = (await once(worker, 'message')) as [string];
  await worker.terminate();
  return text;
}

test('equal seeds give equal bits in two processes and in a worker thread', async () => {
  const first = inProcess();
  expect(first.length).toBeGreaterThan(700 * 12 * 8);
  expect(inProcess()).toBe(first);
  expect(await inThread()).toBe(first);
});
