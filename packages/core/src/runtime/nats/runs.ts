/** The runs of a server, seen from outside: listed, stopped and deleted without continuing them. */

import { checkId } from '../ids.ts';
import { deleteMatching, isNotFound, type Link, openLink } from './link.ts';
import { ControlMessage, pack } from './messages.ts';
import type { NatsConnectionOptions, RunInfo } from './options.ts';
import { RunStore } from './run-store.ts';

async function withLink<T>(options: NatsConnectionOptions, use: (link: Link) => Promise<T>): Promise<T> {
  const link = await openLink(options, 'skein runs');
  try {
    return await use(link);
  } finally {
    await link.nc.close();
  }
}

/** The runs that the server keeps, newest first. */
export const listRuns = (options: NatsConnectionOptions): Promise<RunInfo[]> =>
  withLink(options, async (link) => {
    const runs: RunInfo[] = [];
    for await (const { config, created, state } of link.jsm.streams.list(link.names.everythingOfRun('*'))) {
      const run = config.name.slice(link.names.runStream('').length);
      const finished = await countSubjects(link, config.name, link.names.results(run));
      const waiting = await countSubjects(link, link.names.taskStream, link.names.tasksOfRun(run));
      runs.push({ run, createdAt: Date.parse(String(created)), finished, waiting, bytes: state.bytes });
    }
    return runs.sort((a, b) => b.createdAt - a.createdAt);
  });

async function countSubjects(link: Link, stream: string, pattern: string): Promise<number> {
  try {
    const { state } = await link.jsm.streams.info(stream, { subjects_filter: pattern });
    return Object.keys(state.subjects ?? {}).length;
  } catch (error) {
    if (isNotFound(error)) return 0;
    throw error;
  }
}

/** Withdraws a run's waiting tasks and stops its running ones. Its results stay, and its coordinator may submit again. */
export const cancelRun = (options: NatsConnectionOptions, run: string): Promise<void> =>
  withLink(options, (link) => withdraw(link, checkId('run', run), false));

/** Stops a run and deletes everything that the server keeps of it: results, journal, parameters and blobs. */
export const deleteRun = (options: NatsConnectionOptions, run: string): Promise<void> =>
  withLink(options, async (link) => {
    await withdraw(link, checkId('run', run), true);
    await new RunStore(link, run).delete();
  });

async function withdraw(link: Link, run: string, deleted: boolean): Promise<void> {
  const { nc, names } = link;
  // In this order: a worker that is stopped first would take the next waiting task.
  await deleteMatching(link, names.taskStream, names.tasksOfRun(run));
  nc.publish(names.control(run), pack(ControlMessage, { type: 'cancel-run', deleted }));
  await nc.flush();
}
