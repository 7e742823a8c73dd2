/** The embedded runtime: tasks run on threads of this process. Nothing to install, nothing to start. */

import { type SkeinError, toSkeinError } from '../errors.ts';
import { type FailedAttempt, failureOf, mayRetry } from './attempts.ts';
import { BaseRuntime } from './base.ts';
import { fileJournal } from './file-journal.ts';
import type { JobHandle, JobOutcome } from './job.ts';
import type { Journal } from './journal.ts';
import { memoryStores } from './memory-stores.ts';
import { ResultMessage as TaskRecord } from './nats/messages.ts';
import { parameterValues } from './parameter-values.ts';
import type { Runtime } from './runtime.ts';
import type { BlobStore, ParameterStore } from './stores.ts';
import type { StreamStore } from './stream.ts';
import { streamsOf } from './stream-hosts.ts';
import type { Submission } from './submission.ts';
import { importableModule, moduleUrl, type TaskSource } from './task-registry.ts';
import { withoutSharedMemory } from './task-run.ts';
import { ThreadPool, type ThreadPoolOptions, threadPoolDefaults } from './thread-pool.ts';

export interface LocalRuntimeOptions extends Omit<ThreadPoolOptions, 'modules' | 'name'> {
  /**
   * Tasks, or URLs or paths of modules that export tasks, to load when a thread starts. Tasks that are submitted without
   * being listed here are loaded when they first run.
   */
  readonly tasks?: readonly TaskSource[];
  /**
   * Keeps how tasks with an id of their submitter ended, so that a process that starts again does not repeat them: see
   * `taskJournal`. It is the caller's to close, after the runtime.
   */
  readonly journal?: Journal<TaskRecord>;
}

/** Opens or creates the file in which a local run keeps how its tasks ended. Throws `IO`, also if another process has it. */
export const taskJournal = (path: string): Promise<Journal<TaskRecord>> => fileJournal(path, TaskRecord);

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
  readonly streams: StreamStore;
  protected readonly mapInFlight: number;
  protected readonly isDurable: boolean;
  readonly #journal: Journal<TaskRecord> | null;
  readonly #stores = memoryStores();
  readonly #pool: ThreadPool;
  readonly #jobs = new Map<Submission, JobHandle>();

  constructor({ tasks = [], journal, ...options }: LocalRuntimeOptions) {
    super();
    this.#journal = journal ?? null;
    this.isDurable = journal !== undefined;
    this.#pool = new ThreadPool({ ...options, modules: [...new Set(tasks.map(moduleUrl))] });
    this.mapInFlight = MAP_TASKS_PER_THREAD * (options.threads ?? localRuntimeDefaults.threads);
    this.parameters = parameterValues(this.#stores.parameters);
    this.blobs = this.#stores.blobs;
    this.streams = streamsOf(this.#stores.streams);
  }

  protected start(submission: Submission): void {
    const module = importableModule(submission.task);
    if (this.#journal === null || !submission.isNamed) void this.#attempts(submission, module, null);
    else this.#attemptUnlessEnded(submission, module, this.#journal);
  }

  #attemptUnlessEnded(submission: Submission, module: string, journal: Journal<TaskRecord>): void {
    journal
      .get(submission.id)
      .then((ended) =>
        ended === null ? this.#attempts(submission, module, journal) : endFromJournal(submission, ended),
      )
      .catch((error: unknown) => submission.fail(toSkeinError(error, 'IO')));
  }

  async #attempts(submission: Submission, module: string, journal: Journal<TaskRecord> | null): Promise<void> {
    const failed: FailedAttempt[] = [];
    for (let attempt = 1; !submission.settled; attempt++) {
      const job = this.#execute(submission, module, attempt);
      this.#jobs.set(submission, job);
      const outcome = await job.outcome;
      this.#jobs.delete(submission);
      if (outcome.type === 'done') return this.#end(submission, outcome, attempt, failed, journal);
      const reason = outcome.type === 'lost' ? outcome.reason : outcome.error.message;
      failed.push({ attempt, worker: outcome.worker, reason });
      if (!mayRetry(outcome.type, attempt, submission)) {
        return this.#end(submission, outcome, attempt, failed, journal);
      }
      submission.retried(attempt, reason);
    }
  }

  /** Ends a submission: first where it is kept, then for whoever waits. */
  async #end(
    submission: Submission,
    outcome: JobOutcome,
    attempt: number,
    failed: readonly FailedAttempt[],
    journal: Journal<TaskRecord> | null,
  ): Promise<void> {
    if (journal !== null && !submission.settled) {
      await journal.append(submission.id, entryOf(outcome, attempt, failed));
    }
    if (outcome.type === 'done') submission.succeed(outcome.output, outcome.worker, attempt);
    else submission.fail(failureOf(submission, outcome.type === 'failed' ? outcome.error : null, failed));
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
    this.#stores.streams.closeAll();
    return this.#pool.close();
  }
}

function entryOf(outcome: JobOutcome, attempt: number, failed: readonly FailedAttempt[]): TaskRecord {
  if (outcome.type === 'done') {
    const { worker, output } = outcome;
    return { v: 1, type: 'done', worker, attempt, output: { bytes: withoutSharedMemory(output) } };
  }
  return { v: 1, type: 'failed', error: outcome.type === 'failed' ? outcome.error : null, attempts: [...failed] };
}

function endFromJournal(submission: Submission, ended: TaskRecord): void {
  if (ended.type === 'failed') submission.fail(failureOf(submission, ended.error, ended.attempts));
  else if (ended.type === 'done' && 'bytes' in ended.output) {
    submission.succeed({ bytes: ended.output.bytes, shared: [] }, ended.worker, ended.attempt);
  }
}
