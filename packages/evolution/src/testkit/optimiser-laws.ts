/** The laws of `Optimiser` as checks that throw. Run each in a test named after it. */

import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Optimiser } from '../optimiser.ts';
import type { Outcome } from '../outcome.ts';
import type { Genes } from '../population.ts';

/** One law and the function that throws if it is broken. */
export interface OptimiserLaw {
  readonly law: string;
  check(): void;
}

/** What the kit needs: how to make the optimiser, from scratch or from a state, and a fitness for its genes. */
export interface OptimiserLawsOptions<G extends Genes, S> {
  make(state?: S): Optimiser<G, S>;
  fitness(genes: G): Outcome;
  /** Generations that each law runs, default 6. */
  readonly generations?: number;
}

/** The laws for one optimiser. */
export function optimiserLaws<G extends Genes, S>(options: OptimiserLawsOptions<G, S>): readonly OptimiserLaw[] {
  const { make, fitness, generations = 6 } = options;
  const step = (optimiser: Optimiser<G, S>): G[] => {
    const asked = optimiser.ask().rows.map((genes) => genes.slice() as G);
    optimiser.tell(asked.map(fitness));
    return asked;
  };
  const steps = (optimiser: Optimiser<G, S>, n: number) => Array.from({ length: n }, () => step(optimiser));
  return [
    {
      law: 'asking twice gives the same batch',
      check: () => {
        const optimiser = make();
        steps(optimiser, 2);
        const first = optimiser.ask().genes.slice();
        deepStrictEqual(optimiser.ask().genes.slice(), first);
      },
    },
    {
      law: 'equal seeds and outcomes give equal batches',
      check: () => deepStrictEqual(steps(make(), generations), steps(make(), generations)),
    },
    {
      law: 'restored between generations it continues exactly',
      check: () => {
        const original = make();
        steps(original, 2);
        const restored = make(structuredClone(original.state()));
        deepStrictEqual(steps(restored, generations), steps(original, generations));
        deepStrictEqual(restored.state(), original.state());
      },
    },
    {
      law: 'restored between ask and tell it continues exactly',
      check: () => {
        const original = make();
        steps(original, 2);
        original.ask();
        const restored = make(structuredClone(original.state()));
        deepStrictEqual(steps(restored, generations), steps(original, generations));
      },
    },
    {
      law: 'a state is a copy: going on does not change it',
      check: () => {
        const optimiser = make();
        steps(optimiser, 2);
        const state = optimiser.state();
        const kept = structuredClone(state);
        steps(optimiser, 2);
        deepStrictEqual(state, kept);
      },
    },
    {
      law: 'best never gets worse and counts agree',
      check: () => {
        const optimiser = make();
        let told = 0;
        let last = optimiser.maximise ? -Infinity : Infinity;
        for (let g = 1; g <= generations; g++) {
          told += step(optimiser).length;
          const { fitness: now, violation } = optimiser.best as NonNullable<Optimiser['best']>;
          ok(violation > 0 || (optimiser.maximise ? now >= last : now <= last), `best went from ${last} to ${now}`);
          if (violation === 0) last = now;
          deepStrictEqual([optimiser.generation, optimiser.evaluations], [g, told]);
        }
      },
    },
    {
      law: 'outcomes that do not fit are refused and change nothing',
      check: () => {
        const optimiser = make();
        steps(optimiser, 1);
        const { size } = optimiser.ask();
        const before = optimiser.state();
        for (const wrong of [new Array(size + 1).fill(0), new Array(size).fill(Number.NaN)]) {
          ok(
            refuses(() => optimiser.tell(wrong)),
            `tell accepted ${wrong.length} outcomes of ${wrong[0]}`,
          );
        }
        deepStrictEqual(optimiser.state(), before);
      },
    },
  ];
}

function refuses(action: () => void): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
