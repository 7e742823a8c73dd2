/** Programs beside this file, each in a process of its own, gone when disposed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guardChild } from '@skein/core/testkit';

export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly lines: readonly string[];
  /** Waits for a line that is there or still to come, and gives it. Rejects with its errors if it ends without. */
  line(matches: string | ((line: string) => boolean)): Promise<string>;
  /** Sends a signal; for a deadly one, waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** What a program is started with beside its options: flags of Node.js and variables of the environment. */
export interface Surroundings {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a program with its options as one JSON argument. */
export async function startProgram(file: string, options: object, around: Surroundings = {}): Promise<Program> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [...(around.flags ?? []), path, JSON.stringify(options)], {
    env: { ...process.env, ...around.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  guardChild(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const checkAll = (): void => {
    for (const check of waiting) check();
  };
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    checkAll();
  });
  // `close` comes after the last line.
  child.once('close', checkAll);
  const line = (matches: string | ((line: string) => boolean)): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = lines.find((text) => (typeof matches === 'string' ? text === matches : matches(text)));
        const ended = child.exitCode !== null || child.signalCode !== null;
        if (found !== undefined) resolve(found);
        else if (ended) reject(new Error(`${file} ended (${child.exitCode ?? child.signalCode}):\n${errors}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await gone;
  };
  return { child, lines, line, kill, [Symbol.asyncDispose]: () => kill('SIGKILL') };
}
