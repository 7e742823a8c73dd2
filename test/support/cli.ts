/** Runs the real `skein` program in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardChild } from '@skein/core/testkit';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/skein.js', import.meta.url));

export interface CliResult {
  /** Exit code; null if a signal ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. Disposing kills it. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<CliResult>;
  /** Resolves when the output (both streams) matches; rejects if the program ends before. */
  output(pattern: RegExp): Promise<void>;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A shell command that comes first in the program's process, such as `ulimit -f 100`. */
  readonly shell?: string;
}

/** Starts `skein ARGS`. */
export function startCli(args: readonly string[], options: CliOptions): CliProcess {
  const [program, ...first] =
    options.shell === undefined
      ? [process.execPath]
      : ['sh', '-c', `${options.shell}; exec "$0" "$@"`, process.execPath];
  const child = spawn(program as string, [...first, BIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  guardChild(child);
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const collect = (append: (text: string) => void) => (chunk: Buffer) => {
    append(chunk.toString());
    for (const look of waiting) look();
  };
  child.stdout.on(
    'data',
    collect((text) => (stdout += text)),
  );
  child.stderr.on(
    'data',
    collect((text) => (stderr += text)),
  );
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const output = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(stdout + stderr)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(({ code }) => reject(new Error(`ended with ${code} before ${pattern}:\n${stdout}${stderr}`)));
    });
  const dispose = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { child, ended, output, [Symbol.asyncDispose]: dispose };
}

/** Runs `skein ARGS` to its end. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).ended;

/** A new empty folder that is removed when disposed. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'skein-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}
