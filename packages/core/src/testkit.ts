/** What tests of this and other packages share: one numeric matcher, one tolerance table, the conformance kits. */

export { expectClose, isClose, TOLERANCE, type Tolerance } from './testkit/close.ts';
export { conformanceTasks, type MakeRuntime, runtimeConformance } from './testkit/runtime.ts';
export { guardChild } from './testkit/runtime-children.ts';
export { JournalKitEntry, journalConformance } from './testkit/runtime-journal.ts';
export { type NatsCluster, startNatsCluster } from './testkit/runtime-nats-cluster.ts';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './testkit/runtime-nats-server.ts';
export * as streamKit from './testkit/runtime-stream-tasks.ts';
export { streamConformance, streamConformanceTasks } from './testkit/runtime-streams.ts';
export * as conformanceKit from './testkit/runtime-tasks.ts';
