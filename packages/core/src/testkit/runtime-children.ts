/** Children of tests must not outlive them, however a test ends: not even if its own process is killed. */

import { type ChildProcess, spawn } from 'node:child_process';

/** Has the child killed when this process is gone. A shell holds the other end of a pipe and sees it close. */
export function guardChild(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const guard = spawn('sh', ['-c', `read _ || kill -9 ${child.pid}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  const release = (): void => void guard.stdin.end('done\n');
  guard.stdin.on('error', () => undefined);
  (guard.stdin as unknown as { unref(): void }).unref();
  child.once('exit', release);
}
