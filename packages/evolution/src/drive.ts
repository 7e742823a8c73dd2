/** The loop that every run shares: ask, evaluate, tell, until something says stop. */

import type { StopReason } from './evolve.ts';

/** The steps of a run. */
export interface Steps<Asked, Told> {
  /** Why to stop, or null. */
  stop(): StopReason | null;
  ask(): Asked;
  /** Gives null if the run was aborted meanwhile. */
  evaluate(asked: Asked): Promise<Told | null>;
  /** Tells the outcomes and reports the generation. */
  tell(told: Told): void | Promise<void>;
}

/** Runs the steps in turn and gives the reason for the stop. */
export async function drive<Asked, Told>(steps: Steps<Asked, Told>): Promise<StopReason> {
  const breathe = breathing();
  for (;;) {
    const stop = steps.stop();
    if (stop !== null) return stop;
    const told = await steps.evaluate(steps.ask());
    if (told === null) return 'aborted';
    await steps.tell(told);
    await breathe();
  }
}

/** Lets timers, signals and sockets have their turn every 20 ms, which awaiting finished promises alone does not. */
function breathing(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 20) return;
    await new Promise<void>((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
