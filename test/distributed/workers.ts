/** Worker processes for tests, gone when disposed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerEvent, WorkerOptions } from '@skein/core';
import { conformanceTasks } from '@skein/core/testkit';

const PROGRAM = fileURLToPath(new URL('./worker-process.ts', import.meta.url));

export interface WorkerProcess extends AsyncDisposable {
  readonly name: string;
  readonly child: ChildProcess;
  readonly events: readonly WorkerEvent[];
  /** Waits for an event that is there or still to come. */
  event(matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent>;
  /** Sends a signal; for a deadly one, waits until the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

type ProcessOptions = Omit<WorkerOptions, 'tasks' | 'signal' | 'onEvent'> & { readonly name: string };

/** Starts a worker with the conformance kit's tasks and waits until it is ready. */
export async function startWorkerProcess(options: ProcessOptions): Promise<WorkerProcess> {
  const settings = { graceMs: 200, silenceMs: 1500, concurrency: 2, ...options, tasks: [conformanceTasks] };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const events: WorkerEvent[] = [];
  const waiting = new Set<() => void>();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line) as WorkerEvent);
    for (const check of waiting) check();
  });
  const event = (matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = events.find(matches);
        if (found === undefined && child.exitCode === null) return;
        waiting.delete(check);
        if (found !== undefined) resolve(found);
        else reject(new Error(`worker ${options.name} ended with code ${child.exitCode}:\n${errors}`));
      };
      waiting.add(check);
      child.once('exit', () => setImmediate(check));
      check();
    });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await gone;
  };
  await event((e) => e.type === 'worker/ready');
  return { name: options.name, child, events, event, kill, [Symbol.asyncDispose]: () => kill('SIGKILL') };
}
