/** `Runtime.map`: an ordered, bounded loop over `submit`. */

import { SkeinError } from '../errors.ts';
import { createRng, type Rng } from '../rng.ts';
import type { Static, TSchema } from '../schema.ts';
import type { Task } from '../task.ts';
import type { MapOptions, Runtime, SubmitOptions, TaskHandle } from './runtime.ts';

/** The stream of a task that was given none: seed 0, split by the task's name. */
export const defaultRng = (task: Task): Rng => createRng(0).split(task.name);

/** Submits each input, keeps at most `inFlight` unfinished, and gives the results in order. */
export async function mapTasks<I extends TSchema, O extends TSchema>(
  submit: Runtime['submit'],
  inFlight: number,
  task: Task<I, O>,
  inputs: Iterable<Static<I>> | AsyncIterable<Static<I>>,
  options: MapOptions,
): Promise<Static<O>[]> {
  const rng = options.rng ?? defaultRng(task);
  const results: Static<O>[] = [];
  const progress = new Progress();
  const pending = new Set<TaskHandle<Static<O>>>();
  const cancel = (): void => progress.fail(new SkeinError('TASK_CANCELLED', 'map was cancelled by its signal'));
  if (options.signal?.aborted === true) cancel();
  options.signal?.addEventListener('abort', cancel);
  const iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  try {
    for (let index = 0; ; index++) {
      await progress.until(() => pending.size < inFlight);
      const next = await progress.value(iterator.next());
      if (next.done === true) break;
      const handle = submit(task, next.value, taskOptions(options, rng, index));
      pending.add(handle);
      void follow(handle, index, results, pending, options, progress);
    }
    await progress.until(() => pending.size === 0);
    return results;
  } catch (error) {
    void iterator.return?.();
    for (const handle of pending) handle.cancel('another task of its map failed, or the map was cancelled');
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
}

function taskOptions(options: MapOptions, rng: Rng, index: number): SubmitOptions {
  const { idPrefix, inFlight: _, signal: __, onProgress, onResult: ___, ...each } = options;
  return {
    ...each,
    rng: rng.split(index),
    ...(idPrefix === undefined ? {} : { id: `${idPrefix}-${index}` }),
    ...(onProgress === undefined ? {} : { onProgress: (report: unknown) => onProgress(index, report) }),
  };
}

async function follow<T>(
  handle: TaskHandle<T>,
  index: number,
  results: T[],
  pending: Set<TaskHandle<T>>,
  options: MapOptions,
  progress: Progress,
): Promise<void> {
  try {
    results[index] = await handle.result;
    pending.delete(handle);
    options.onResult?.(index);
    progress.changed();
  } catch (error) {
    pending.delete(handle);
    progress.fail(error);
  }
}

/** Lets one loop wait for a condition, a value or the first failure, whichever comes first. */
class Progress {
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  changed(): void {
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.changed();
  }

  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      if (condition()) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** A promise's value, unless a failure comes first. Plain values are given at once. */
  async value<T>(promised: T | Promise<T>): Promise<T> {
    if (!(promised instanceof Promise)) return promised;
    let settled: { readonly value: T } | null = null;
    promised.then(
      (value) => {
        settled = { value };
        this.changed();
      },
      (error: unknown) => this.fail(error),
    );
    await this.until(() => settled !== null);
    return (settled as unknown as { readonly value: T }).value;
  }
}
