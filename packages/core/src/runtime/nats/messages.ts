/** Every message between coordinators and workers, versioned, and checked against its schema where it arrives. */

import { ERROR_CODES, type WireError } from '../../errors.ts';
import { parse, type Static, type TSchema, Type } from '../../schema.ts';
import { ARRAY_TYPES, type ArrayTag, decodeValue, encodeValue } from '../../wire.ts';

const VERSION = Type.Literal(1);
const Text = Type.String();
const Attempt = Type.Integer({ minimum: 1 });
const Bytes = Type.Refine(
  Type.Unsafe<Uint8Array>(Type.Unknown()),
  (value: unknown) => value instanceof Uint8Array,
  () => 'must be a Uint8Array',
);

/** Bytes in the message itself, or the name of an object of the run if they are too many. */
export const Payload = Type.Union([Type.Object({ bytes: Bytes }), Type.Object({ object: Text })]);
export type Payload = Static<typeof Payload>;

/** A task on its way to a worker. */
export const TaskMessage = Type.Object({
  v: VERSION,
  task: Text,
  input: Payload,
  rng: Type.Object({ key: Type.Tuple([Type.Integer(), Type.Integer()]), counter: Type.Integer({ minimum: 0 }) }),
  timeoutMs: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]),
  attempts: Attempt,
  retry: Type.Union([Type.Literal('lost'), Type.Literal('any')]),
  /** Live messages are stored with the run. */
  keepReports: Type.Boolean(),
});
export type TaskMessage = Static<typeof TaskMessage>;

const isWireError = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, details, advice, stack, cause } = value as Record<keyof WireError, unknown>;
  const textOrNull = (text: unknown): boolean => text === null || typeof text === 'string';
  return (
    typeof code === 'string' &&
    Object.hasOwn(ERROR_CODES, code) &&
    typeof message === 'string' &&
    typeof details === 'object' &&
    details !== null &&
    textOrNull(advice) &&
    textOrNull(stack) &&
    (textOrNull(cause) || isWireError(cause))
  );
};
const WireErrorSchema = Type.Refine(Type.Unsafe<WireError>(Type.Unknown()), isWireError, () => 'must be an error');

const FailedAttempt = Type.Object({
  attempt: Attempt,
  worker: Type.Union([Text, Type.Null()]),
  reason: Text,
});

/** How a task ended. The first one stored for a task holds. */
export const ResultMessage = Type.Union([
  Type.Object({ v: VERSION, type: Type.Literal('done'), worker: Text, attempt: Attempt, output: Payload }),
  Type.Object({
    v: VERSION,
    type: Type.Literal('failed'),
    /** The last attempt's own error; null if its worker was lost. */
    error: Type.Union([WireErrorSchema, Type.Null()]),
    attempts: Type.Array(FailedAttempt),
  }),
  Type.Object({ v: VERSION, type: Type.Literal('cancelled'), reason: Text }),
]);
export type ResultMessage = Static<typeof ResultMessage>;

/** Why a delivery did not end its task. Handing back is not an attempt: the worker was stopping. */
export const AttemptMessage = Type.Object({
  v: VERSION,
  type: Type.Union([Type.Literal('failed'), Type.Literal('handed back')]),
  worker: Text,
  reason: Text,
});
export type AttemptMessage = Static<typeof AttemptMessage>;

/** What a task's worker says while it has it. Not stored unless the task asks for it: whoever does not listen misses it. */
export const LiveMessage = Type.Union([
  Type.Object({ v: VERSION, type: Type.Literal('started'), worker: Text, attempt: Attempt }),
  Type.Object({ v: VERSION, type: Type.Literal('progress'), report: Payload }),
  Type.Object({ v: VERSION, type: Type.Literal('retried'), worker: Text, attempt: Attempt, reason: Text }),
  /** The server does not store how the task ended: its disk is full, or a limit is reached. */
  Type.Object({ v: VERSION, type: Type.Literal('unstored'), worker: Text, reason: Text }),
]);
export type LiveMessage = Static<typeof LiveMessage>;

/** To every worker: stop a task, or all tasks of a run. */
export const ControlMessage = Type.Union([
  Type.Object({ v: VERSION, type: Type.Literal('cancel'), taskId: Text, reason: Text }),
  /** `deleted`: nothing of the run is kept, so its waiting tasks are not worth running either. */
  Type.Object({ v: VERSION, type: Type.Literal('cancel-run'), deleted: Type.Boolean() }),
]);
export type ControlMessage = Static<typeof ControlMessage>;

/** A worker's answer to the question who is there. */
export const WorkerInfoMessage = Type.Object({
  v: VERSION,
  name: Text,
  host: Text,
  pid: Type.Integer(),
  concurrency: Type.Integer(),
  queues: Type.Array(Text),
  tasks: Type.Array(Text),
  held: Type.Integer(),
  startedAt: Type.Number(),
});

/** A published value in the key-value bucket; a large one lies in the object store under the given name. */
export const ParameterMessage = Type.Object({
  v: VERSION,
  version: Type.Integer({ minimum: 1 }),
  value: Payload,
});
export type ParameterMessage = Static<typeof ParameterMessage>;

/** A batch of a stream. The columns are checked against the stream's definition. */
export const StreamBatchMessage = Type.Object({
  v: VERSION,
  rows: Type.Integer({ minimum: 0 }),
  version: Type.Integer(),
  /** How often the producer found the stream full since its last batch, and how long it waited. */
  waits: Type.Integer({ minimum: 0 }),
  waitedMs: Type.Integer({ minimum: 0 }),
  columns: Type.Record(Text, Type.Unknown()),
});
export type StreamBatchMessage = Static<typeof StreamBatchMessage>;

const arrayTypes = Object.keys(ARRAY_TYPES) as ArrayTag[];

/** How a consumer defines its stream: the answer to its producers. */
export const StreamOfferMessage = Type.Object({
  v: VERSION,
  rows: Type.Integer({ minimum: 1 }),
  columns: Type.Record(
    Text,
    Type.Object({
      type: Type.Unsafe<ArrayTag>(Type.Union(arrayTypes.map((type) => Type.Literal(type)))),
      size: Type.Integer({ minimum: 1 }),
      per: Type.Optional(Type.Union([Type.Literal('row'), Type.Literal('batch')])),
    }),
  ),
});

type WithoutVersion<M> = M extends unknown ? Omit<M, 'v'> : never;

/** A message as bytes. The schema names its type. */
export const pack = <S extends TSchema>(_schema: S, message: WithoutVersion<Static<S>>): Uint8Array =>
  encodeValue({ v: 1, ...(message as object) });

/** Bytes as a message. Throws `WIRE` saying what does not fit. */
export const unpack = <S extends TSchema>(schema: S, what: string, bytes: Uint8Array): Static<S> =>
  parse(schema, decodeValue(bytes), { what, code: 'WIRE', advice: 'run the same version of Skein on every machine' });
