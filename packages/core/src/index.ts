/** Public table of contents of @skein/core. */

export * from './checkpoint.ts';
export * from './config.ts';
export * from './errors.ts';
export * from './files.ts';
export * from './metrics/jsonl.ts';
export * from './metrics/metrics.ts';
export * from './metrics/tensorboard.ts';
export * from './metrics/terminal.ts';
export * from './module-url.ts';
export * from './rng.ts';
export { fileJournal } from './runtime/file-journal.ts';
export type { Appended, Journal, JournalEntry } from './runtime/journal.ts';
export { type LocalRuntimeOptions, localRuntime, localRuntimeDefaults, taskJournal } from './runtime/local.ts';
export type { ResultMessage as TaskRecord } from './runtime/nats/messages.ts';
export {
  type NatsConnectionOptions,
  type NatsRuntimeOptions,
  type NatsTls,
  natsDefaults,
  type RunInfo,
  type TaskEnd,
  type Worker,
  type WorkerEvent,
  type WorkerInfo,
  type WorkerOptions,
  workerDefaults,
} from './runtime/nats/options.ts';
export type { NatsRequester, RequestOptions } from './runtime/nats/requests.ts';
export { cancelRun, deleteRun, listRuns, natsRequester, natsRuntime, startWorker } from './runtime/nats.ts';
export * from './runtime/runtime.ts';
export * from './runtime/stores.ts';
export {
  type ConsumeOptions,
  consumeDefaults,
  defineStream,
  type Staleness,
  type StreamArrays,
  type StreamBatch,
  type StreamColumn,
  type StreamColumns,
  type StreamConsumer,
  type StreamDefinition,
  type StreamProducer,
  type StreamSlot,
  type StreamStats,
  type StreamStore,
  type WhenFull,
} from './runtime/stream.ts';
export type { TaskSource } from './runtime/task-registry.ts';
export * from './schema.ts';
export * from './space/dimensions.ts';
export * from './space/spec.ts';
export * from './task.ts';
export * from './wasm.ts';
export { type DecodeOptions, decodeValue, type EncodeOptions, encodeValue } from './wire.ts';
