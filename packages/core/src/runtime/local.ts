/** The embedded runtime: tasks run on threads of this process. Nothing to install, nothing to start. */

import type { SkeinError } from '../errors.ts';
import { type FailedAttempt, lastFailure, mayRetry, workerLost } from './attempts.ts';
import { BaseRuntime } from './base.ts';
import type { JobHandle } from './job.ts';
import { memoryStores } from './memory-stores.ts';
import { parameterValues } from './parameter-values.ts';
import type { Runtime } from './runtime.ts';
import type { BlobStore, ParameterStore } from './stores.ts';
import type { Submission } from './submission.ts';
import { importableModule, moduleUrl, type TaskSource } from './task-registry.ts';
import { ThreadPool, type ThreadPoolOptions, threadPoolDefaults } from './thread-pool.ts';

export interface LocalRuntimeOptions extends Omit<ThreadPoolOptions, 'modules' | 'name'> {
  /**
   * Tasks, or URLs or paths of modules that export tasks, to load when a thread starts. Tasks that are submitted without
   * being listed here are loaded when they first run.
   */
  readonly tasks?: readonly TaskSource[];
}

export const localRuntimeDefaults = threadPoolDefaults satisfies LocalRuntimeOptions;

/**
 * A runtime on threads of this process. Throws `INPUT` for a task that a thread cannot import.
 * Close it (or use `await using`) when done: threads that hold a task keep the process alive.
 */
export function localRuntime(options: LocalRuntimeOptions = {}): Runtime {
  return new LocalRuntime(options);
}

/** Unfinished tasks that `map` keeps for each thread: enough to hand short tasks out in batches. */
const MAP_TASKS_PER_THREAD = 64;

class LocalRuntime extends BaseRuntime {
  readonly kind = 'local';
  readonly sharesMemory = true;
  readonly parameters: ParameterStore;
  readonly blobs: BlobStore;
  protected readonly mapInFlight: number;
  readonly #stores = memoryStores();
  readonly #pool: ThreadPool;
  readonly #jobs = new Map<Submission, JobHandle>();

  constructor({ tasks = [], ...options }: LocalRuntimeOptions) {
    super();
    this.#pool = new ThreadPool({ ...options, modules: [...new Set(tasks.map(moduleUrl))] });
    this.mapInFlight = MAP_TASKS_PER_THREAD * (options.threads ?? localRuntimeDefaults.threads);
    this.parameters = parameterValues(this.#stores.parameters);
    this.blobs = this.#stores.blobs;
  }

  protected start(submission: Submission): void {
    const module = importableModule(submission.task);
    void this.#attempts(submission, module);
  }

  async #attempts(submission: Submission, module: string): Promise<void> {
    const failed: FailedAttempt[] = [];
    for (let attempt = 1; !submission.settled; attempt++) {
      const job = this.#execute(submission, module, attempt);
      this.#jobs.set(submission, job);
      const outcome = await job.outcome;
      this.#jobs.delete(submission);
      if (outcome.type === 'done') {
        submission.succeed(outcome.output, outcome.worker, attempt);
        return;
      }
      const reason = outcome.type === 'lost' ? outcome.reason : outcome.error.message;
      failed.push({ attempt, worker: outcome.worker, reason });
      if (mayRetry(outcome.type, attempt, submission)) submission.retried(attempt, reason);
      else if (outcome.type === 'failed') submission.fail(lastFailure(outcome.error, failed));
      else submission.fail(workerLost(submission.task.name, submission.id, failed));
    }
  }

  #execute(submission: Submission, module: string, attempt: number): JobHandle {
    return this.#pool.execute({
      taskId: submission.id,
      task: submission.task.name,
      module,
      attempt,
      rng: submission.rng,
      input: submission.input,
      checked: true,
      timeoutMs: submission.timeoutMs,
      stores: this.#stores,
      onStart: (worker) => submission.started(worker, attempt),
      onProgress: (report) => submission.progressed(report),
    });
  }

  abandon(submission: Submission, error: SkeinError): void {
    this.#jobs.get(submission)?.abort(error);
  }

  protected release(): Promise<void> {
    return this.#pool.close();
  }
}
