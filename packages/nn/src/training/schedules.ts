/** Learning-rate schedules: pure functions of the optimiser's step, which starts at 0. */

import { SkeinError } from '@skein/core';

/** The learning rate of a step. */
export type Schedule = (step: number) => number;

function check(name: string, value: number, valid: boolean, expected: string): void {
  if (!valid) throw new SkeinError('CONFIG', `schedule: ${name}: expected ${expected}, got ${value}`);
}

function checkRate(name: string, value: number): void {
  check(name, value, value >= 0 && Number.isFinite(value), 'a non-negative number');
}

function checkSteps(name: string, value: number): void {
  check(name, value, value > 0 && Number.isFinite(value), 'a positive number of steps');
}

export interface ExponentialDecayOptions {
  readonly initial: number;
  /** Factor after every `every` steps. */
  readonly factor: number;
  readonly every: number;
  /** Stairs instead of a smooth curve. */
  readonly staircase?: boolean;
}

/** initial * factor^(step / every). */
export function exponentialDecay({ initial, factor, every, staircase = false }: ExponentialDecayOptions): Schedule {
  checkRate('initial', initial);
  checkRate('factor', factor);
  checkSteps('every', every);
  return (step) => initial * factor ** (staircase ? Math.floor(step / every) : step / every);
}

export interface DecayOptions {
  readonly initial: number;
  readonly final?: number;
  /** Steps from the initial to the final rate, which stays. */
  readonly steps: number;
}

/** Half a cosine from the initial to the final rate (Loshchilov and Hutter, SGDR, 2017). */
export function cosineDecay({ initial, final = 0, steps }: DecayOptions): Schedule {
  checkRate('initial', initial);
  checkRate('final', final);
  checkSteps('steps', steps);
  return (step) => final + (initial - final) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));
}

/** A straight line from the initial to the final rate, which stays. */
export function linearDecay({ initial, final = 0, steps }: DecayOptions): Schedule {
  checkRate('initial', initial);
  checkRate('final', final);
  checkSteps('steps', steps);
  return (step) => initial + (final - initial) * Math.min(1, step / steps);
}

/** Rises in equal parts to the rate at which `schedule` starts, then follows it, counting from the end of the rise. */
export function warmup(schedule: Schedule, steps: number): Schedule {
  checkSteps('steps', steps);
  return (step) => (step < steps ? (schedule(0) * (step + 1)) / steps : schedule(step - steps));
}
