/**
 * Covariance between outputs: the intrinsic model of coregionalisation (Alvarez, Rosasco and Lawrence, "Kernels for
 * vector-valued functions", 2012). One column of the inputs holds the number of the output, and
 * `product(kernel({ dims }), coregion({ column, tasks }))` is a process of several related outputs; a sum of such products is
 * the linear model of coregionalisation.
 *
 * Notation. B = W W' + diag(v) [tasks, tasks], W [tasks, rank]: k(x, z) = B[task of x, task of z].
 */

import { SkeinError } from '@skein/core';
import { type Parameter, positiveParameters, realParameter, withValues } from '../gp/parameter.ts';
import { normalPrior } from '../gp/priors.ts';
import { type Kernel, short } from './kernel.ts';

export interface CoregionOptions {
  /** Column of the inputs that holds the task: 0, 1, ... tasks - 1. */
  readonly column: number;
  readonly tasks: number;
  /** Columns of W: how many hidden functions the tasks share. Default 1. */
  readonly rank?: number;
  /** W, row-major [tasks, rank]. Default: all tasks alike, 1 / sqrt(rank). */
  readonly mixing?: readonly number[];
  /** v: the variance of what a task has for itself. Default 0.1 for each. */
  readonly own?: readonly number[];
}

/** Parameters: W row-major (of any sign, on a linear scale, with prior N(0, 1)), then v. */
export function coregion({ column, tasks, rank = 1, mixing, own }: CoregionOptions): Kernel {
  const w = mixing ?? Array<number>(tasks * rank).fill(1 / Math.sqrt(rank));
  const v = own ?? Array<number>(tasks).fill(0.1);
  if (w.length !== tasks * rank || v.length !== tasks) {
    const expected = `${tasks * rank} numbers of mixing and ${tasks} of own`;
    throw new SkeinError('SHAPE', `coregion: expected ${expected}, got ${w.length} and ${v.length}`);
  }
  const parameters = [
    ...w.map((value, k) => {
      const name = `mixing[${Math.floor(k / rank)}][${k % rank}]`;
      return realParameter(name, value, { bounds: [-10, 10], prior: normalPrior(0, 1) });
    }),
    ...positiveParameters('own', v, { bounds: [1e-6, 1e2] }),
  ];
  return new Coregion(column, tasks, rank, parameters);
}

class Coregion implements Kernel {
  readonly #column: number;
  readonly #tasks: number;
  readonly #rank: number;
  readonly #b: Float64Array;
  readonly parameters: readonly Parameter[];

  constructor(column: number, tasks: number, rank: number, parameters: readonly Parameter[]) {
    this.#column = column;
    this.#tasks = tasks;
    this.#rank = rank;
    this.parameters = parameters;
    const value = (k: number): number => parameters[k]!.value;
    this.#b = Float64Array.from({ length: tasks * tasks }, (_, at) => {
      const [i, j] = [Math.floor(at / tasks), at % tasks];
      let sum = i === j ? value(tasks * rank + i) : 0;
      for (let r = 0; r < rank; r++) sum += value(i * rank + r) * value(j * rank + r);
      return sum;
    });
  }

  get label(): string {
    return `coregion(${short(this.parameters.map((p) => p.value))})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new Coregion(this.#column, this.#tasks, this.#rank, withValues(this.parameters, values));
  }

  #task(x: Float64Array, xo: number): number {
    const task = x[xo + this.#column]!;
    if (Number.isInteger(task) && task >= 0 && task < this.#tasks) return task;
    throw new SkeinError(
      'INPUT',
      `coregion: column ${this.#column}: expected a task below ${this.#tasks}, got ${task}`,
    );
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number): number {
    return this.#b[this.#task(x, xo) * this.#tasks + this.#task(z, zo)]!;
  }

  gradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    _d: number,
    out: Float64Array,
    at: number,
  ): number {
    const [i, j] = [this.#task(x, xo), this.#task(z, zo)];
    const rank = this.#rank;
    out.fill(0, at, at + this.parameters.length);
    for (let r = 0; r < rank; r++) {
      out[at + i * rank + r]! += this.parameters[j * rank + r]!.value;
      out[at + j * rank + r]! += this.parameters[i * rank + r]!.value;
    }
    const own = this.#tasks * rank + i;
    if (i === j) out[at + own] = this.parameters[own]!.value;
    return this.#b[i * this.#tasks + j]!;
  }

  /** Tasks are names: they have no derivative. */
  addInputGradient(): void {}
}
