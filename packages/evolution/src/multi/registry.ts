/** Every built-in multi-objective problem by name. */

import { type MultiObjectiveProblem, zdt1, zdt2, zdt3, zdt4, zdt5, zdt6 } from './zdt.ts';

/** One line of the registry. */
export interface MultiObjectiveEntry {
  /** What it is, in one line. */
  readonly summary: string;
  create(): MultiObjectiveProblem;
}

export const multiObjectiveProblems = {
  zdt1: { summary: 'convex front, 30 variables', create: () => zdt1() },
  zdt2: { summary: 'concave front, 30 variables', create: () => zdt2() },
  zdt3: { summary: 'a front in five pieces, 30 variables', create: () => zdt3() },
  zdt4: { summary: 'convex front behind many local ones, 10 variables', create: () => zdt4() },
  zdt5: { summary: 'deceptive, 80 bits', create: () => zdt5() },
  zdt6: { summary: 'concave front that is hard to reach evenly, 10 variables', create: () => zdt6() },
} as const satisfies Readonly<Record<string, MultiObjectiveEntry>>;

export type MultiObjectiveProblemName = keyof typeof multiObjectiveProblems;
