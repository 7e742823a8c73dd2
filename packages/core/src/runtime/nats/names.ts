/**
 * Subjects, streams and buckets, from checked ids only.
 *
 *   NS-tasks            stream, work queue    NS.task.QUEUE.RUN.TASK      one message for each unfinished task
 *   NS-run-RUN          stream                NS.run.RUN.result.TASK      how the task ended; the first one holds
 *                                             NS.run.RUN.attempt.TASK.N   why delivery N did not end it
 *   NS-parameters-RUN   key-value bucket      NS-blobs-RUN   object store
 *
 * Not stored: NS.live.RUN.TASK (started, progress, retried), NS.control.RUN (cancel), NS.workers (who is there).
 */

import { checkId } from '../ids.ts';

export class Names {
  readonly #ns: string;

  constructor(namespace: string) {
    this.#ns = checkId('namespace', namespace);
  }

  get taskStream(): string {
    return `${this.#ns}-tasks`;
  }
  get allTasks(): string {
    return `${this.#ns}.task.>`;
  }
  tasksOfQueue(queue: string): string {
    return `${this.#ns}.task.${queue}.>`;
  }
  tasksOfRun(run: string): string {
    return `${this.#ns}.task.*.${run}.>`;
  }
  task(queue: string, run: string, id: string): string {
    return `${this.#ns}.task.${queue}.${run}.${id}`;
  }
  /** Run and task id of a task's subject. */
  parseTask(subject: string): { readonly run: string; readonly id: string } {
    const words = subject.split('.');
    return { run: words[3] ?? '', id: words[4] ?? '' };
  }
  runStream(run: string): string {
    return `${this.#ns}-run-${run}`;
  }
  everythingOfRun(run: string): string {
    return `${this.#ns}.run.${run}.>`;
  }
  results(run: string): string {
    return this.result(run, '*');
  }
  result(run: string, id: string): string {
    return `${this.#ns}.run.${run}.result.${id}`;
  }
  attempt(run: string, id: string, delivery: number): string {
    return `${this.#ns}.run.${run}.attempt.${id}.${delivery}`;
  }
  journal(run: string, key: string): string {
    return `${this.#ns}.run.${run}.journal.${key}`;
  }
  parameters(run: string): string {
    return `${this.#ns}-parameters-${run}`;
  }
  blobs(run: string): string {
    return `${this.#ns}-blobs-${run}`;
  }
  live(run: string, id: string): string {
    return `${this.#ns}.live.${run}.${id}`;
  }
  control(run: string): string {
    return `${this.#ns}.control.${run}`;
  }
  get workers(): string {
    return `${this.#ns}.workers`;
  }
}

/** The last word of a subject: the task id of results and live messages. */
export const lastWord = (subject: string): string => subject.slice(subject.lastIndexOf('.') + 1);
