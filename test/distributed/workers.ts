/** Worker processes for tests, gone when disposed. */

import type { WorkerEvent, WorkerOptions } from '@skein/core';
import { conformanceTasks } from '@skein/core/testkit';
import { type Program, type Surroundings, startProgram } from './programs.ts';

export interface WorkerProcess extends Pick<Program, 'child' | 'kill'>, AsyncDisposable {
  readonly name: string;
  readonly events: readonly WorkerEvent[];
  /** Waits for an event that is there or still to come. */
  event(matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent>;
}

type ProcessOptions = Omit<WorkerOptions, 'tasks' | 'signal' | 'onEvent'> & {
  readonly name: string;
  readonly tasks?: readonly string[];
};

/** Starts a worker with the conformance kit's tasks, unless others are given, and waits until it is ready. */
export async function startWorkerProcess(options: ProcessOptions, around: Surroundings = {}): Promise<WorkerProcess> {
  const settings = { graceMs: 200, concurrency: 2, tasks: [conformanceTasks], ...options };
  const program = await startProgram('./worker-process.ts', settings, around);
  const parsed = (line: string): WorkerEvent => JSON.parse(line) as WorkerEvent;
  const event = async (matches: (event: WorkerEvent) => boolean): Promise<WorkerEvent> =>
    parsed(await program.line((line) => matches(parsed(line))));
  await event((e) => e.type === 'worker/ready');
  return {
    name: options.name,
    child: program.child,
    kill: program.kill,
    event,
    get events() {
      return program.lines.map(parsed);
    },
    [Symbol.asyncDispose]: () => program.kill('SIGKILL'),
  };
}
