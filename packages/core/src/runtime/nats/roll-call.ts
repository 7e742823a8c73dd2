/** Who is there: every worker answers for itself. */

import { toSkeinError } from '../../errors.ts';
import { isNobodyThere, type Link } from './link.ts';
import { unpack, WorkerInfoMessage } from './messages.ts';
import type { WorkerInfo } from './options.ts';

/** How long answers are listened for, in milliseconds. */
const ROLL_CALL_MS = 300;

/** The workers that answer now, by name. */
export async function rollCall({ nc, names }: Link): Promise<WorkerInfo[]> {
  const workers: WorkerInfo[] = [];
  try {
    const answers = await nc.requestMany(names.workers, '', { strategy: 'timer', maxWait: ROLL_CALL_MS });
    for await (const answer of answers) {
      const { v: _, ...worker } = unpack(WorkerInfoMessage, 'worker', answer.data);
      workers.push(worker);
    }
  } catch (error) {
    if (!isNobodyThere(error)) throw toSkeinError(error, 'CONNECTION');
  }
  return workers.sort((a, b) => a.name.localeCompare(b.name));
}
