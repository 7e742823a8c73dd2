/**
 * Subjects, streams and buckets, from checked ids only.
 *
 *   NS-tasks            stream, work queue    NS.task.QUEUE.RUN.TASK      one message for each unfinished task
 *   NS-run-RUN          stream                NS.run.RUN.result.TASK      how the task ended; the first one holds
 *                                             NS.run.RUN.result.TASK.N-K  what delivery N said before, if it is kept
 *                                             NS.run.RUN.attempt.TASK.N   why delivery N did not end it
 *                                             NS.run.RUN.journal.KEY      entries of the run's coordinators
 *   NS-stream-RUN-NAME  stream, work queue    NS.stream.RUN.NAME.batch   batches that wait for their consumer
 *   NS-parameters-RUN   key-value bucket      NS-blobs-RUN   object store
 *
 * Not stored: NS.live.RUN.TASK (started, progress, retried), NS.control.RUN (cancel), NS.workers (who is there),
 * NS.stream.RUN.NAME.offer (how the consumer defines the stream) and .news (room, closed).
 */

import { checkId } from '../ids.ts';

/** How long anything of a run is kept that nobody deletes, in milliseconds. */
export const RUN_MAX_AGE_MS = 30 * 24 * 3600 * 1000;

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
  /** Task id of a result's subject; for a kept message also the delivery that it is of. */
  parseTold(subject: string): { readonly id: string; readonly delivery: number | null } {
    const [, , , , id = '', rest] = subject.split('.');
    return { id, delivery: rest === undefined ? null : Number.parseInt(rest, 10) };
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
  /** Message K of delivery N of a task whose reports are kept. */
  kept(run: string, id: string, delivery: number | '*', message: number | '' = ''): string {
    return `${this.result(run, id)}.${delivery}${message === '' ? '' : `-${message}`}`;
  }
  /** Results, and what is kept of the way there. */
  told(run: string): string {
    return this.result(run, '>');
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
  stream(run: string, name: string): string {
    return `${this.#ns}-stream-${run}-${name}`;
  }
  streamBatches(run: string, name: string): string {
    return `${this.#ns}.stream.${run}.${name}.batch`;
  }
  streamPart(run: string, name: string, part: 'offer' | 'news'): string {
    return `${this.#ns}.stream.${run}.${name}.${part}`;
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
