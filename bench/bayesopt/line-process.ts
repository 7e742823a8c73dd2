/** A program that speaks JSON lines on its standard streams. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LineProcess extends AsyncDisposable {
  send(message: unknown): void;
  /** The next line. Throws with the program's error text if it ends. */
  receive(): Promise<unknown>;
}

/** Starts a Python program with one thread for its algebra. */
export function startPython(python: string, program: URL): LineProcess {
  const child = spawn(python, [program.pathname], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    send: (message) => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    receive: async () => {
      const { done, value } = await lines.next();
      if (done) throw new Error(`${program.pathname} ended: ${errors}`);
      return JSON.parse(value as string) as unknown;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
