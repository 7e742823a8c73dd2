/** What became of each attempt, and the error that a task ends with when no attempt is left. */

import { SkeinError, type WireError } from '../errors.ts';

/** One attempt that did not succeed. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly worker: string | null;
  readonly reason: string;
}

/** True if what ended the attempt may be tried again. */
export function mayRetry(
  kind: 'failed' | 'lost',
  attempt: number,
  policy: { attempts: number; retry: 'lost' | 'any' },
): boolean {
  return attempt < policy.attempts && (kind === 'lost' || policy.retry === 'any');
}

/** The error of a task that no attempt is left of: `error` is the last attempt's own, null if its worker was lost. */
export function failureOf(
  { task, id }: { readonly task: { readonly name: string }; readonly id: string },
  error: WireError | null,
  attempts: readonly FailedAttempt[],
): SkeinError {
  return error === null ? workerLost(task.name, id, attempts) : lastFailure(error, attempts);
}

function workerLost(task: string, taskId: string, attempts: readonly FailedAttempt[]): SkeinError {
  const times =
    attempts.length === 1 ? 'its worker was lost' : `lost with its last worker after ${attempts.length} attempts`;
  return new SkeinError('WORKER_LOST', `task '${task}' (${taskId}): ${times}: ${listAttempts(attempts)}`, {
    details: { task, taskId, attempts },
    advice: 'look for a crash, an out-of-memory or a process.exit in the task, or allow more attempts',
  });
}

/** The attempt's own error, naming the earlier ones. */
function lastFailure(error: WireError, attempts: readonly FailedAttempt[]): SkeinError {
  if (attempts.length <= 1) return SkeinError.fromWire(error);
  const message = `${error.message}\nafter ${attempts.length} attempts: ${listAttempts(attempts)}`;
  return SkeinError.fromWire({ ...error, message, details: { ...error.details, attempts } });
}

const listAttempts = (attempts: readonly FailedAttempt[]): string =>
  attempts.map((a) => `${a.attempt}. ${a.worker ?? 'unknown worker'}: ${a.reason}`).join('; ');
