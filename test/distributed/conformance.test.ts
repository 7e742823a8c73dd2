import { natsRuntime } from '@skein/core';
import { type NatsServer, runtimeConformance, startNatsServer } from '@skein/core/testkit';
import { afterAll, beforeAll } from 'vitest';
import { startWorkerProcess, type WorkerProcess } from './workers.ts';

let server: NatsServer;
let worker: WorkerProcess;

beforeAll(async () => {
  server = await startNatsServer();
  worker = await startWorkerProcess({ name: 'w1', servers: server.url });
});

afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

runtimeConformance('NATS runtime', () => natsRuntime({ servers: server.url }));
