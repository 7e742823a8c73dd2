/** Ctrl-C and SIGTERM: the first asks the work to stop cleanly, the second ends the program at once. */

import type { RunFolder } from './run-folder.ts';

/** Handles interrupts until disposed. */
export interface Interrupt extends Disposable {
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
}

/** Exit code of a program ended by SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Starts to listen. `onFirst` is called once, at the first interrupt. */
export function listenForInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort();
    onFirst();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}

/** Tells where a stopped run can be continued, and gives its exit code. */
export function sayHowToResume(folder: RunFolder): number {
  console.error(`stopped; everything so far is saved. Continue with: skein resume ${folder.path}`);
  return EXIT_INTERRUPTED;
}
