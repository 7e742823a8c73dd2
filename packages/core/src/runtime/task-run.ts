/** One attempt of one task: checks the input, runs the function, checks and encodes the result. */

import { messageOf, SkeinError, type WireError } from '../errors.ts';
import { parse } from '../schema.ts';
import type { Task, TaskContext } from '../task.ts';
import { decodeValue, encodeValue } from '../wire.ts';

/** An encoded value and the shared memory that it refers to. */
export interface EncodedValue {
  readonly bytes: Uint8Array;
  readonly shared: readonly SharedArrayBuffer[];
}

/** The value's bytes, with the shared memory that it refers to copied in. */
export function withoutSharedMemory({ bytes, shared }: EncodedValue): Uint8Array {
  return shared.length === 0 ? bytes : encodeValue(decodeValue(bytes, { shared }));
}

/** Encodes a task's input. Throws `TASK_INPUT` naming the path of what does not fit. */
export function encodeInput(task: Task, input: unknown, sharesMemory: boolean): EncodedValue {
  const what = `task '${task.name}' input`;
  return encodeChecked(parse(task.input, input, { what, code: 'TASK_INPUT' }), sharesMemory, what, 'TASK_INPUT');
}

function encodeChecked(
  value: unknown,
  sharesMemory: boolean,
  what: string,
  code: 'TASK_INPUT' | 'TASK_OUTPUT',
): EncodedValue {
  const shared: SharedArrayBuffer[] = [];
  try {
    return { bytes: encodeValue(value, sharesMemory ? { shared } : {}), shared };
  } catch (error) {
    throw new SkeinError(code, `${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** What the task is given, and whether it was checked before. */
export interface TaskInput extends EncodedValue {
  readonly checked: boolean;
}

/** Runs the task and gives its encoded result. Throws `TASK_INPUT`, `TASK_OUTPUT`, `TASK_FAILED` or `WIRE`. */
export async function runTask(task: Task, context: TaskContext, input: TaskInput): Promise<EncodedValue> {
  const value = decodeValue(input.bytes, { shared: input.shared });
  if (!input.checked) parse(task.input, value, { what: `task '${task.name}' input`, code: 'TASK_INPUT' });
  let output: unknown;
  try {
    output = await task.run(context, value as never);
  } catch (thrown) {
    throw taskFailed(task, context, thrown);
  }
  const what = `task '${task.name}' output`;
  return encodeChecked(parse(task.output, output, { what, code: 'TASK_OUTPUT' }), true, what, 'TASK_OUTPUT');
}

/** `TASK_FAILED` around whatever the task threw, with its stack. */
function taskFailed(task: Task, context: TaskContext, thrown: unknown): SkeinError {
  const { taskId, attempt, worker } = context;
  const code = thrown instanceof SkeinError ? `${thrown.code}: ` : '';
  const error = new SkeinError('TASK_FAILED', `task '${task.name}' (${taskId}) threw: ${code}${messageOf(thrown)}`, {
    cause: thrown ?? 'nothing',
    details: { task: task.name, taskId, attempt, worker },
    ...(thrown instanceof SkeinError && thrown.advice !== null ? { advice: thrown.advice } : {}),
  });
  if (thrown instanceof Error && thrown.stack !== undefined) error.stack = thrown.stack;
  return error;
}

/** The error as data that any channel carries: details that JSON cannot hold are dropped. */
export function plainWireError(error: SkeinError): WireError {
  const wire = error.toWire();
  try {
    return JSON.parse(JSON.stringify(wire)) as WireError;
  } catch {
    return { ...wire, details: {}, cause: wire.cause === null ? null : messageOf(error.cause) };
  }
}
