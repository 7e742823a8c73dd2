/** Ctrl-C and SIGTERM: the first asks the work to stop cleanly, the second ends the program at once. */

/** Handles interrupts until disposed. */
export interface Interrupt extends Disposable {
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
}

/** Exit code of a program ended by SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Starts to listen. `onFirst` is called once, with the text of what a second interrupt does left to the caller. */
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
