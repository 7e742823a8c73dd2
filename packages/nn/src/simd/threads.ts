/**
 * Helper threads of the `simd` backend: worker threads with an instance of the same kernels on the same memory, which
 * sleep until a large product is shared with them. They run no JavaScript after their start.
 */

import { Worker } from 'node:worker_threads';
import { SkeinError } from '@skein/core';
import type { WasmMemory } from './memory.ts';
import type { WasmModule } from './module.ts';

/** The most threads that a product is shared by (each has 2 KiB of memory of its own). */
export const MOST_THREADS = 64;

/** Address of the word that counts the helpers that have started (see assembly/threads.ts). */
const READY = 256;

/** How long helpers may take to start. */
const START_MS = 10_000;

/** A program, not a file: it is the same from sources and from a build. */
const HELPER = `
const { workerData: { module, wide, memory, index } } = require('node:worker_threads');
const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1024 });
const abort = () => { throw new Error('a kernel aborted'); };
const { help, setWide } = new WebAssembly.Instance(module, { env: { memory, table, abort } }).exports;
if (wide !== null) {
  table.set(wide.index, new WebAssembly.Instance(wide.module, { env: { memory } }).exports.kernel);
  setWide(wide.index);
}
help(index);
`;

/** The helpers of one backend. */
export class HelperThreads {
  private readonly memory: WasmMemory;
  private readonly module: WasmModule;
  private workers: Worker[] = [];

  constructor(module: WasmModule, memory: WasmMemory) {
    this.module = module;
    this.memory = memory;
  }

  /** Threads that share work, the calling one included. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /**
   * Sets the number of threads, from 1 to `MOST_THREADS`. Waits for new ones to start: until then they initialise the
   * kernels' static data, and nothing may run.
   */
  resize(threads: number): void {
    if (threads === this.threads) return;
    this.stop();
    const { memory } = this.memory;
    for (let index = 1; index < threads; index++) {
      const workerData = { module: this.module.compiled, wide: this.module.wide, memory, index };
      const worker = new Worker(HELPER, { eval: true, workerData, execArgv: [], env: {} });
      // A helper never keeps the process alive.
      worker.unref();
      this.workers.push(worker);
    }
    this.awaitStart();
    this.module.setHelpers(this.workers.length);
  }

  private awaitStart(): void {
    const words = new Int32Array(this.memory.memory.buffer);
    const end = performance.now() + START_MS;
    for (let ready = 0; ready < this.workers.length; ready = Atomics.load(words, READY / 4)) {
      const left = end - performance.now();
      if (left > 0) {
        Atomics.wait(words, READY / 4, ready, left);
        continue;
      }
      const expected = this.workers.length;
      this.stop();
      throw new SkeinError('BACKEND', `${ready} of ${expected} helper threads started within ${START_MS / 1000} s`, {
        details: { ready, expected },
        advice: 'use fewer threads (useThreads(1) needs no helper)',
      });
    }
  }

  /** Ends the helpers; the calling thread works alone. */
  private stop(): void {
    this.module.dismissHelpers();
    for (const worker of this.workers.splice(0)) void worker.terminate();
  }
}
