/**
 * One error type for the whole framework. A `SkeinError` carries a code (documented in docs/errors.md), the data of the
 * failure, advice on what to do next and a cause; it crosses threads and machines as data (`toWire`, `fromWire`),
 * because structured clone loses classes and added fields.
 */

/** Every error code and what it means in one line. `docs/errors.md` has a section for each; a test keeps both equal. */
export const ERROR_CODES = {
  CONFIG: 'an option, flag or configuration file does not fit its schema',
  INPUT: 'a value given to a function or task does not fit what it expects',
  SHAPE: 'an array or tensor has another shape, length or dtype than expected',
  NUMERIC: 'a computation cannot be carried out in floating point',
  CHECKPOINT: 'a checkpoint is missing, damaged or of another version',
  IO: 'a file or folder cannot be read or written',
  BACKEND: 'a TensorFlow.js backend or a WebAssembly build is not available, or failed to start',
  COMPILE: 'a function cannot be compiled into a replayable plan',
  ENVIRONMENT: 'an environment was used against its contract',
  UNKNOWN_NAME: 'a name (task, environment, algorithm, problem) is not registered',
  TASK_FAILED: 'a task threw; the cause is the original error',
  TASK_INPUT: 'the input of a task does not fit its schema',
  TASK_OUTPUT: 'the result of a task does not fit its schema',
  TASK_TIMEOUT: 'a task ran past its time limit',
  TASK_CANCELLED: 'a task was cancelled before it finished',
  WORKER_LOST: 'a worker died or fell silent while it held a task',
  RUNTIME_CLOSED: 'the runtime was used after it was closed',
  STREAM_CLOSED: 'a stream of batches was closed, or its consumer is gone',
  CONNECTION: 'the message server cannot be reached or refused the connection',
  WIRE: 'a message cannot be decoded or is of another protocol version',
  BLOB: 'a blob is missing or its content does not match its digest',
} as const satisfies Readonly<Record<string, string>>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error may carry beside code and message. */
export interface ErrorOptionsWithData {
  /** Plain data about the failure (serialisable). */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the reader can do next, as a sentence. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** A `SkeinError` as plain data. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly advice: string | null;
  readonly stack: string | null;
  readonly cause: WireError | string | null;
}

/** The one error class of the framework. Branch on `code`, never on the message. */
export class SkeinError extends Error {
  override readonly name = 'SkeinError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly advice: string | null;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithData = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.advice = options.advice ?? null;
  }

  /** The error as plain data that survives JSON and structured clone. */
  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      details: this.details,
      advice: this.advice,
      stack: this.stack ?? null,
      cause: causeToWire(this.cause),
    };
  }

  /** Rebuilds an error from `toWire`'s data. The stack is the sender's. */
  static fromWire(wire: WireError): SkeinError {
    const cause = wire.cause === null || typeof wire.cause === 'string' ? wire.cause : SkeinError.fromWire(wire.cause);
    const error = new SkeinError(wire.code, wire.message, {
      details: wire.details,
      ...(wire.advice === null ? {} : { advice: wire.advice }),
      ...(cause === null ? {} : { cause }),
    });
    if (wire.stack !== null) error.stack = wire.stack;
    return error;
  }
}

function causeToWire(cause: unknown): WireError | string | null {
  if (cause === undefined || cause === null) return null;
  return cause instanceof SkeinError ? cause.toWire() : messageOf(cause);
}

/** Anything thrown as a `SkeinError`: unchanged if it is one, else wrapped under `code` with the original as cause. */
export function toSkeinError(thrown: unknown, code: ErrorCode, message?: string): SkeinError {
  if (thrown instanceof SkeinError) return thrown;
  return new SkeinError(code, message ?? messageOf(thrown), { cause: thrown });
}

/** The message of anything that can be thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Code, message, advice and causes as lines for a person. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof SkeinError)) return messageOf(thrown);
  const lines = [`${thrown.code}: ${thrown.message}`];
  if (thrown.advice !== null) lines.push(`  what to do: ${thrown.advice}`);
  if (thrown.cause !== undefined) lines.push(`  caused by: ${describeError(thrown.cause).replaceAll('\n', '\n  ')}`);
  return lines.join('\n');
}
