/** The packages as users install them: packed, unpacked into a `node_modules`, and used from a program there. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = [
  ...readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name)),
  join(ROOT, 'apps/cli'),
];
const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { packageManager: string };
const folder = temporaryFolder();
const installed = (name: string) => join(folder.path, 'node_modules', name);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (path: string) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs a package, unpacks it where an installation would, and links the dependencies that are not siblings. */
function install(path: string): void {
  const { name } = manifestOf(path);
  const place = installed(name);
  mkdirSync(place, { recursive: true });
  run('npx', ['--yes', packageManager, 'pack', '--pack-destination', folder.path], path);
  const tarball = readdirSync(folder.path).find((file) => file.startsWith(`${name.slice(1).replace('/', '-')}-`));
  run('tar', ['xzf', tarball!, '-C', place, '--strip-components', '1'], folder.path);
  for (const dependency of Object.keys(manifestOf(place).dependencies ?? {})) {
    if (dependency.startsWith('@skein/')) continue;
    const link = join(place, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(path, 'node_modules', dependency)), link);
  }
}

/** Runs a program in the folder of the installation. */
function program(source: string): string {
  writeFileSync(join(folder.path, 'program.mjs'), source);
  return run(process.execPath, ['program.mjs'], folder.path).trim();
}

beforeAll(() => {
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b'], ROOT);
  for (const path of FOLDERS) install(path);
  return () => folder[Symbol.dispose]();
}, 180_000);

test('hold what they export, no tests, and no versions that only the workspace knows', () => {
  for (const path of FOLDERS) {
    const place = installed(manifestOf(path).name);
    const manifest = readFileSync(join(place, 'package.json'), 'utf8');
    expect(manifest).not.toMatch(/workspace:|catalog:/);
    const exported = [...manifest.matchAll(/"(?:default|types)": "\.\/(.*)"/g)].map((match) => match[1]!);
    expect(exported.length).toBeGreaterThan(0);
    for (const file of exported) expect(() => readFileSync(join(place, file))).not.toThrow();
    const files = readdirSync(place, { recursive: true }) as string[];
    expect(files.filter((file) => /\.test\./.test(file) && !file.includes('node_modules'))).toEqual([]);
  }
});

test('train an agent, with its WebAssembly kernels', () => {
  const source = `
    import { useBackend } from '@skein/nn';
    import { dqn } from '@skein/rl';
    console.log(await useBackend('simd'));
    const run = await dqn.train({ env: 'CartPole-v1', seed: 1, steps: 2000 });
    console.log(run.steps, run.updates > 0, run.agent.act([0, 0, 0.05, 0]));`;
  expect(program(source)).toMatch(/^simd\n2000 true [01]$/);
});

test('run tasks on threads', () => {
  writeFileSync(
    join(folder.path, 'square.mjs'),
    `import { defineTask, Type } from '@skein/core';
    export const square = defineTask({ name: 'square', input: Type.Number(), output: Type.Number(), run: (_, x) => x * x });`,
  );
  const source = `
    import { localRuntime } from '@skein/core';
    import { square } from './square.mjs';
    await using runtime = await localRuntime({ threads: 2 });
    console.log(await runtime.map(square, [1, 2, 3]));`;
  expect(program(source)).toBe('[ 1, 4, 9 ]');
});

test('optimise', () => {
  const source = `
    import { minimize, real } from '@skein/bayesopt';
    import { bits, geneticAlgorithm } from '@skein/evolution';
    const best = await minimize(({ x }) => (x - 1) ** 2, { x: real(-3, 3) }, { trials: 12, seed: 1 });
    const ones = (s) => s.reduce((a, b) => a + b, 0);
    const evolved = await geneticAlgorithm({ encoding: bits(8), fitness: ones, maximise: true, population: 20, generations: 30, seed: 7 });
    console.log(best.value < 0.01, evolved.bestFitness);`;
  expect(program(source)).toBe('true 8');
});

test('have the command', () => {
  const skein = join(installed('@skein/cli'), 'bin/skein.js');
  const out = run(process.execPath, [skein, 'train', 'dqn', '--steps', '2000', '--out', 'run'], folder.path);
  expect(out).toContain('dqn on CartPole-v1: mean return');
  expect(run(process.execPath, [skein, 'evolve', '--problem', 'onemax', '--threads', '1'], folder.path)).toContain(
    'best',
  );
});
