/** What a study searches: the one interface between the study of `skein tune` and training runs or functions of one's own. */

import type { Evaluate, Pruner } from '@skein/bayesopt';
import type { Runtime, Space } from '@skein/core';

/** Something that can be tuned. */
export interface Subject {
  /** For titles and folders: `dqn on CartPole-v1`. */
  readonly title: string;
  readonly space: Space;
  readonly maximise: boolean;
  /** What a trial is judged by. */
  readonly label: string;
  readonly pruner: Pruner | null;
  /** Seed of the study. */
  readonly seed: number;
  /** URLs of the modules with the tasks of its trials. */
  readonly modules: readonly string[];
  /** The best values as options of whoever uses them. */
  options(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** What every trial has in common, for the report. */
  readonly common: Readonly<Record<string, unknown>>;
  /** What to do with the file of the best options. */
  readonly use?: (best: string) => string;
  /** Runs trials on a runtime. Tasks are named by trial: what ended while the study was away is found again. */
  trial(runtime: Runtime): Evaluate<Space>;
}
