// Compiles the AssemblyScript sources of every package that has an `asconfig.json`: each of its targets becomes
// `wasm/TARGET.wasm`. Does nothing for a package whose outputs are newer than all of its sources.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Time of the last change, or 0 for a file that does not exist. */
function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function compile(folder, target, file) {
  const asc = join(
    dirname(createRequire(join(root, 'package.json')).resolve('assemblyscript/package.json')),
    'bin',
    'asc.js',
  );
  // Written beside and renamed, so that a reader never sees half a file.
  const temporary = `${file}.${process.pid}.tmp`;
  execFileSync(process.execPath, [asc, '--config', 'asconfig.json', '--target', target, '--outFile', temporary], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  renameSync(temporary, file);
}

function build(folder) {
  const config = join(folder, 'asconfig.json');
  if (!existsSync(config)) return;
  const assembly = join(folder, 'assembly');
  const sources = [config, ...readdirSync(assembly).map((name) => join(assembly, name))];
  const newest = Math.max(...sources.map(modified));
  mkdirSync(join(folder, 'wasm'), { recursive: true });
  for (const target of Object.keys(JSON.parse(readFileSync(config, 'utf8')).targets)) {
    const file = join(folder, 'wasm', `${target}.wasm`);
    if (modified(file) < newest) compile(folder, target, file);
  }
}

for (const name of readdirSync(join(root, 'packages'))) build(join(root, 'packages', name));
