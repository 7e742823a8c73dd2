// Compiles assembly/*.ts into wasm/: a plain SIMD build and one with relaxed SIMD (fused multiply-add), which the
// loader chooses by feature detection. Does nothing when the outputs are newer than every source.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = [
  ...readdirSync(join(root, 'assembly')).map((name) => join(root, 'assembly', name)),
  fileURLToPath(import.meta.url),
];
const builds = [
  { file: 'simd.wasm', features: ['simd', 'threads'] },
  { file: 'relaxed.wasm', features: ['simd', 'threads', 'relaxed-simd'] },
];

/** Time of the last change, or 0 for a file that does not exist. */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function compile(asc, { file, features }) {
  // Written beside and renamed, so that a reader never sees half a file.
  const temporary = join(root, 'wasm', `${file}.${process.pid}.tmp`);
  execFileSync(
    process.execPath,
    [
      asc,
      join(root, 'assembly', 'index.ts'),
      '--outFile',
      temporary,
      '--optimizeLevel',
      '3',
      '--noAssert',
      '--runtime',
      'stub',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '512',
      '--maximumMemory',
      '65536',
      // Words below are for threads, and no instance initialises them.
      '--memoryBase',
      '8192',
      '--importTable',
      // Functions on vectors are for other WebAssembly modules, not for JavaScript.
      '--disableWarning',
      '112',
      ...features.flatMap((feature) => ['--enable', feature]),
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  renameSync(temporary, join(root, 'wasm', file));
}

const newest = Math.max(...sources.map(modified));
const stale = builds.filter(({ file }) => modified(join(root, 'wasm', file)) < newest);
if (stale.length > 0) {
  mkdirSync(join(root, 'wasm'), { recursive: true });
  const require = createRequire(join(root, '..', '..', 'package.json'));
  const asc = join(dirname(require.resolve('assemblyscript/package.json')), 'bin', 'asc.js');
  for (const build of stale) compile(asc, build);
}
