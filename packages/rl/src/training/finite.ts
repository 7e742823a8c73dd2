/** Divergence is noticed where it starts. */

import { SkeinError } from '@skein/core';

/** The loss, unless it is infinite or not a number: then throws `NUMERIC`. `update` is the gradient step's number. */
export function finiteLoss(loss: number, update: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new SkeinError('NUMERIC', `loss of gradient step ${update}: expected a finite number, got ${loss}`, {
    advice: 'training has diverged: lower the learning rate, bound the gradient norm or scale the rewards',
    details: { update },
  });
}
