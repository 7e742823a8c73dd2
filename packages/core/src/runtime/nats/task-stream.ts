/** The work queue that all coordinators and workers of an installation share. */

import { RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { isNotFound, type Link, persistently } from './link.ts';
import { RUN_MAX_AGE_MS } from './names.ts';

/** Two submissions of one id within this time are one message, whatever became of the first. In milliseconds. */
const DUPLICATE_WINDOW_MS = 2 * 60 * 1000;

/** The one stream of waiting tasks, made by whoever comes first; who asks for more copies of it than there are, makes them. */
export async function ensureTaskStream(link: Link): Promise<void> {
  const { jsm, names, replicas } = link;
  await persistently(link, async () => {
    try {
      const { config } = await jsm.streams.info(names.taskStream);
      if (config.num_replicas < replicas) await jsm.streams.update(names.taskStream, { num_replicas: replicas });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await jsm.streams.add({
        name: names.taskStream,
        subjects: [names.allTasks],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        num_replicas: replicas,
        duplicate_window: nanos(DUPLICATE_WINDOW_MS),
        max_age: nanos(RUN_MAX_AGE_MS),
      });
    }
  });
}
