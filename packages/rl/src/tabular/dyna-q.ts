/**
 * Dyna-Q (Sutton, 1990; Sutton and Barto, section 8.2): Q-learning that also learns from remembered experience. The
 * model counts what each pair led to, so that chance is remembered as chance, not as the last thing that happened.
 */

import { parse, type Rng, type Static, Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

/** One thing that a pair led to, and how often. */
const Remembered = Type.Object({
  reward: Type.Number(),
  discount: Type.Number(),
  next: Type.Integer(),
  times: Type.Integer({ minimum: 1 }),
});
type Remembered = Static<typeof Remembered>;
/** The pairs that were tried, in order of first trial, with what each led to. */
const Model = Type.Array(Type.Tuple([Type.Integer(), Type.Array(Remembered)]));

export const dynaQ = tabularAlgorithm({
  name: 'dyna-q',
  summary: 'Q-learning that also learns from a model of what it has seen',
  config: Type.Object(
    {
      ...tabularOptions,
      planningSteps: Type.Integer({ default: 10, minimum: 0, description: 'remembered steps learned per real one' }),
    },
    { additionalProperties: false },
  ),
  create: ({ q, actions, config, update, random }) => {
    const model = new Map<number, Remembered[]>();
    let tried: number[] = [];
    const remember = (pair: number, seen: Omit<Remembered, 'times'>): void => {
      const known = model.get(pair) ?? [];
      if (known.length === 0) tried.push(pair);
      const same = known.find((k) => k.next === seen.next && k.reward === seen.reward && k.discount === seen.discount);
      if (same === undefined) known.push({ ...seen, times: 1 });
      else same.times++;
      model.set(pair, known);
    };
    const learnFrom = (pair: number, { reward, discount, next }: Omit<Remembered, 'times'>): void =>
      update(q, Math.floor(pair / actions), pair % actions, reward + discount * q.max(next));
    return {
      learn: ({ state, action, reward, discount, next }) => {
        const pair = state * actions + action;
        const seen = { reward, discount, next };
        learnFrom(pair, seen);
        remember(pair, seen);
        for (let i = 0; i < config.planningSteps; i++) {
          const imagined = random().choice(tried);
          learnFrom(imagined, draw(model.get(imagined)!, random()));
        }
      },
      save: () => tried.map((pair) => [pair, model.get(pair)!.map((seen) => ({ ...seen }))]),
      load: (saved) => {
        model.clear();
        const entries = parse(Model, saved, { what: 'dyna-q checkpoint', code: 'CHECKPOINT' });
        for (const [pair, seen] of entries) model.set(pair, [...seen]);
        tried = entries.map(([pair]) => pair);
      },
    };
  },
});

/** One of the remembered outcomes, as often as it happened. */
function draw(outcomes: readonly Remembered[], rng: Rng): Remembered {
  let left = rng.integer(outcomes.reduce((sum, { times }) => sum + times, 0));
  for (const outcome of outcomes) {
    left -= outcome.times;
    if (left < 0) return outcome;
  }
  return outcomes.at(-1)!;
}
