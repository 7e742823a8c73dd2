/** `skein worker`: runs tasks for coordinators anywhere, through a NATS server. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startWorker, Type, type WorkerEvent } from '@skein/core';
import { REPEAT } from '../args.ts';
import { builtInTasks } from '../built-in-tasks.ts';
import { defineCommand } from '../command.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { connectionFlags, connectionOf } from '../runtime.ts';

const Options = Type.Object(
  {
    ...connectionFlags,
    nats: Type.String({
      default: 'nats://127.0.0.1:4222',
      description: 'NATS server with JetStream; several with commas',
    }),
    concurrency: Type.Integer({ minimum: 1, default: 1, description: 'tasks at a time, each on its own thread' }),
    tasks: Type.Array(Type.String(), {
      ...REPEAT,
      default: [],
      description: "module that exports your own tasks, beside Skein's; may be repeated",
    }),
    queue: Type.Array(Type.String(), { default: ['default'], description: 'queues to serve, with commas' }),
    name: Type.Optional(Type.String({ description: 'name among the workers (default host and process id)' })),
    memory: Type.Optional(Type.Integer({ minimum: 16, description: "most MiB of one thread's heap" })),
    silence: Type.Optional(
      Type.Number({
        minimum: 1,
        description: "seconds of silence after which a worker is given up; the queue's own, 10 for a new one",
      }),
    ),
    drain: Type.Integer({
      minimum: 0,
      default: 30,
      description: 'seconds that running tasks may take after SIGTERM before they are handed back',
    }),
  },
  { additionalProperties: false },
);

export const worker = defineCommand({
  name: 'worker',
  summary: 'run tasks for coordinators anywhere, through a NATS server',
  positionals: [],
  options: () => Options,
  examples: [
    'skein worker --nats nats://127.0.0.1:4222 --concurrency 4',
    'skein worker --tasks ./my-tasks.ts --queue gpu',
  ],
  run: async ({ options }) => {
    using interrupt = listenForInterrupt(() =>
      log('stopping: running tasks finish or are handed back; again to stop at once'),
    );
    const running = await startWorker({
      ...connectionOf(options),
      tasks: [...builtInTasks, ...options.tasks.map((path) => pathToFileURL(resolve(path)).href)],
      concurrency: options.concurrency,
      queues: options.queue,
      drainMs: options.drain * 1000,
      signal: interrupt.signal,
      ...(options.silence === undefined ? {} : { silenceMs: options.silence * 1000 }),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.memory === undefined ? {} : { memoryMb: options.memory }),
      onEvent: (event) => log(describe(event)),
    });
    await running.stopped;
    return 0;
  },
});

const log = (text: string): void => console.error(`${new Date().toISOString()} ${text}`);

function describe(event: WorkerEvent): string {
  switch (event.type) {
    case 'worker/ready':
      return `worker ${event.worker} is ready for ${event.tasks.join(', ')}`;
    case 'worker/disconnected':
      return 'the server is gone; trying to reconnect';
    case 'worker/reconnected':
      return `reconnected to ${event.server}`;
    case 'worker/draining':
      return `draining ${event.held} tasks`;
    case 'worker/problem':
      return `problem: ${event.message}`;
    case 'task/started':
      return `started ${event.task} ${event.taskId} of run ${event.run}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`;
    case 'task/ended':
      return `ended ${event.taskId} of run ${event.run}: ${event.outcome}`;
    default:
      return event satisfies never;
  }
}
