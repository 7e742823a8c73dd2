#!/usr/bin/env node
// The project's commands behind npm scripts. Plain JavaScript for Node.js 18 and newer: it installs what is missing
// (the pinned Node.js 24 included, for this project alone), builds, and hands over to the real programs.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';
const PNPM = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;

const say = (text) => process.stderr.write(`${text}\n`);

function fail(text, code = 1) {
  say(text);
  process.exit(code);
}

/** Runs a program with the project's own binaries first on the path; ends this process with its status if it fails. */
function must(program, args, options = {}) {
  const code = run(program, args, options);
  if (code !== 0) process.exit(code);
}

function run(program, args, options = {}) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` };
  // The child decides what Ctrl-C means; this process only waits for it.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const result = spawnSync(program, args, {
    cwd: options.cwd ?? root,
    stdio: 'inherit',
    env,
    shell: options.shell ?? false,
  });
  process.off('SIGINT', ignore);
  if (result.error) fail(`${program}: ${result.error.message}`);
  return result.status ?? 130;
}

// --- install -----------------------------------------------------------------------------------------------------

/** Digest of everything that decides what is installed. */
function installDigest() {
  const hash = createHash('sha256');
  const manifests = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'test/package.json',
    'bench/package.json',
  ];
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, folder)).sort()) manifests.push(join(folder, name, 'package.json'));
  }
  for (const path of manifests) {
    if (existsSync(join(root, path))) hash.update(path).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function ensureInstalled() {
  const stamp = join(root, 'node_modules', '.skein-installed');
  const digest = installDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  say('Installing dependencies (once, about a minute) ...');
  must('npx', ['--yes', PNPM, 'install', '--frozen-lockfile', '--prefer-offline', '--loglevel=error'], {
    shell: windows,
  });
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, digest);
}

/** The pinned Node.js; this process's own where the pinned one cannot run and this one is new enough. */
function projectNode() {
  const pinned = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return fail(
    `The pinned Node.js could not be installed and this one (${process.version}) is older than 22.18.\n` +
      'Install Node.js 22.18 or newer, or allow the npm package "node" to be installed, and try again.',
  );
}

function ensureBuilt(node) {
  must(node, [join('scripts', 'build-wasm.mjs')]);
}

// --- nats-server -------------------------------------------------------------------------------------------------

const has = (program, args = ['--version']) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

function ensureNatsServer() {
  if (has('nats-server')) return;
  say('Installing nats-server, which the distributed tests start ...');
  if (has('apt-get')) {
    const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    for (const args of [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-y', '-qq', 'nats-server'],
    ]) {
      const [program, ...rest] = [...sudo, ...args];
      spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
    }
  } else if (has('brew')) {
    spawnSync('brew', ['install', 'nats-server'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  if (has('nats-server')) return;
  fail(
    'nats-server is needed by the tests and could not be installed. Install it and put it on the PATH:\n' +
      '  Debian, Ubuntu  sudo apt-get install nats-server\n' +
      '  macOS           brew install nats-server\n' +
      '  others          https://docs.nats.io/running-a-nats-service/introduction/installation',
  );
}

// --- commands ----------------------------------------------------------------------------------------------------

const bin = (...path) => join(root, 'node_modules', ...path);
const skein = (node, args, options) => run(node, [join(root, 'apps', 'cli', 'bin', 'skein.js'), ...args], options);

/** Runs the tests and prints the counts of the machine-readable report alone on the last line. */
function test(node, args) {
  ensureNatsServer();
  const report = join(tmpdir(), `skein-test-${process.pid}.json`);
  // The tests start hundreds of programs and threads of the same modules.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = run(node, [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...args]);
  if (!existsSync(report)) fail('The test runner ended without a report.', code || 1);
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, success } = counts;
  if (code === 0 && !success) say('The test runner reported a failure outside the tests.');
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  process.exit(passed === 0 || failed > 0 || !success ? code || 1 : code);
}

function check(node) {
  must(bin('.bin', windows ? 'biome.cmd' : 'biome'), ['check', '.'], { shell: windows });
  must(node, [bin('typescript', 'bin', 'tsc'), '-b']);
}

/** What `npm start` shows: an agent that solves CartPole-v1. */
const MAIN_JOB = ['train', 'dqn', '--env', 'CartPole-v1', '--seed', '1', '--stop-at-return', '475'];

const COMMANDS = {
  start: (node, args) => process.exit(skein(node, [...MAIN_JOB, ...args])),
  test,
  check,
  build: (node) => must(node, [bin('typescript', 'bin', 'tsc'), '-b']),
  bench: (node, args) => process.exit(run(node, [join('bench', 'run.ts'), ...args])),
  // npm changes into the project's folder; the user's paths are relative to where the command was typed.
  skein: (node, args) => process.exit(skein(node, args, { cwd: process.env.INIT_CWD ?? root })),
};

const [command = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, command)) fail(`expected one of ${Object.keys(COMMANDS).join(', ')}, got '${command}'`, 2);
ensureInstalled();
const node = projectNode();
ensureBuilt(node);
COMMANDS[command](node, args);
