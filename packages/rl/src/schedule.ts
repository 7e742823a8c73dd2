/** Schedules: functions of the training step. */

/** A value that changes with the step. */
export type Schedule = (step: number) => number;

/** From `from` to `to` in a straight line over the first `steps` steps, then `to`. */
export function linear(from: number, to: number, steps: number): Schedule {
  return (step) => (steps <= 0 ? to : from + (to - from) * Math.min(1, Math.max(0, step / steps)));
}
