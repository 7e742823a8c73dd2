/**
 * Learned warping of the inputs: each column of the unit cube passes through the distribution function of Kumaraswamy,
 * w(u) = 1 - (1 - u^a)^b, before a kernel sees it (Snoek et al., "Input warping for Bayesian optimization of
 * non-stationary functions", ICML 2014). a = b = 1 is the identity; the shapes are hyperparameters like any other.
 */

import { type Parameter, type ParameterOptions, positiveParameters, withValues } from '../gp/parameter.ts';
import { logNormalPrior } from '../gp/priors.ts';
import type { Points } from '../linalg/points.ts';
import { type Kernel, short } from './kernel.ts';
import { type KernelMatrices, matricesOf } from './matrices.ts';

export interface KumaraswamyOptions extends ParameterOptions {
  /** Columns of the inputs, all of which are warped. */
  readonly columns: number;
  /** Where the shapes start, one a column. Default 1: no warping. */
  readonly a?: readonly number[];
  readonly b?: readonly number[];
}

/** Shapes stay near the identity unless the data say otherwise. */
export const kumaraswamyDefaults = {
  bounds: [0.1, 10],
  prior: logNormalPrior(0, 0.75),
} as const satisfies ParameterOptions;

/** A kernel of warped inputs in [0, 1]; values outside count as the nearest inside. Parameters: a, b, then the kernel's. */
export function kumaraswamy(kernel: Kernel, options: KumaraswamyOptions): Kernel {
  const ones = Array<number>(options.columns).fill(1);
  const shape = { ...kumaraswamyDefaults, ...options };
  const a = positiveParameters('warpA', options.a ?? ones, shape);
  const b = positiveParameters('warpB', options.b ?? ones, shape);
  return new Warped(kernel, a, b);
}

/** Inputs this near 0 and 1 count as there: the slopes may be infinite at the ends. */
const EDGE = 1e-9;

class Warped implements Kernel {
  readonly #kernel: Kernel;
  readonly #a: readonly Parameter[];
  readonly #b: readonly Parameter[];
  readonly parameters: readonly Parameter[];
  readonly matrices: KernelMatrices;
  readonly #x: Float64Array;
  readonly #z: Float64Array;
  readonly #slope: Float64Array;

  constructor(kernel: Kernel, a: readonly Parameter[], b: readonly Parameter[]) {
    this.#kernel = kernel;
    this.#a = a;
    this.#b = b;
    this.parameters = [...a, ...b, ...kernel.parameters];
    this.#x = new Float64Array(a.length);
    this.#z = new Float64Array(a.length);
    this.#slope = new Float64Array(a.length);
    this.matrices = {
      fill: (x, z, lower, out) => {
        const first = this.#warpAll(x);
        // The same points stay the same: white noise tells by identity.
        matricesOf(kernel).fill(first, x.data === z.data ? { ...first, n: z.n } : this.#warpAll(z), lower, out);
      },
      contract: (x, weights, out, at) => this.#contract(x, weights, out, at),
    };
  }

  get label(): string {
    const shapes = [this.#a, this.#b].map((group) => short(group.map((p) => p.value)));
    return `kumaraswamy(${shapes.join('; ')}) of ${this.#kernel.label}`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const count = this.#a.length;
    const inner = this.#kernel.withValues(Array.from(values).slice(2 * count));
    return new Warped(inner, withValues(this.#a, values), withValues(this.#b, values, count));
  }

  #warp(x: Float64Array, xo: number, out: Float64Array, at = 0): Float64Array {
    for (let j = 0; j < this.#a.length; j++) {
      const u = Math.min(1, Math.max(0, x[xo + j]!));
      out[at + j] = -Math.expm1(this.#b[j]!.value * Math.log1p(-(u ** this.#a[j]!.value)));
    }
    return out;
  }

  #warpAll({ data, n, d }: Points): Points {
    const out = new Float64Array(data.length);
    for (let at = 0; at < data.length; at += d) this.#warp(data, at, out, at);
    return { data: out, n, d };
  }

  /** Both points, warped; the same point stays the same. */
  #pair(x: Float64Array, xo: number, z: Float64Array, zo: number): readonly [Float64Array, Float64Array] {
    const first = this.#warp(x, xo, this.#x);
    return [first, x === z && xo === zo ? first : this.#warp(z, zo, this.#z)];
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    const [wx, wz] = this.#pair(x, xo, z, zo);
    return this.#kernel.value(wx, 0, wz, 0, d);
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const [wx, wz] = this.#pair(x, xo, z, zo);
    out.fill(0, at, at + 2 * d);
    this.#addShapeGradient(wx, x, xo, wz, d, out, at);
    this.#addShapeGradient(wz, z, zo, wx, d, out, at);
    return this.#kernel.gradient(wx, 0, wz, 0, d, out, at + 2 * d);
  }

  /** Through the first of two warped points: the derivatives of k by its position times those of its position. */
  #addShapeGradient(
    from: Float64Array,
    x: Float64Array,
    xo: number,
    to: Float64Array,
    d: number,
    out: Float64Array,
    at: number,
  ): void {
    const slope = this.#slope.fill(0);
    this.#kernel.addInputGradient(from, 0, to, 0, d, 1, slope);
    for (let j = 0; j < d; j++) {
      const u = Math.min(1 - EDGE, Math.max(EDGE, x[xo + j]!));
      const [a, b] = [this.#a[j]!.value, this.#b[j]!.value];
      const power = u ** a;
      const rest = (1 - power) ** b;
      out[at + j]! += (slope[j]! * a * b * rest * power * Math.log(u)) / (1 - power);
      out[at + d + j]! -= slope[j]! * b * rest * Math.log1p(-power);
    }
  }

  addInputGradient(
    x: Float64Array,
    xo: number,
    z: Float64Array,
    zo: number,
    d: number,
    weight: number,
    out: Float64Array,
  ): void {
    const [wx, wz] = this.#pair(x, xo, z, zo);
    const slope = this.#slope.fill(0);
    this.#kernel.addInputGradient(wx, 0, wz, 0, d, weight, slope);
    for (let j = 0; j < d; j++) {
      const u = Math.min(1 - EDGE, Math.max(EDGE, x[xo + j]!));
      const [a, b] = [this.#a[j]!.value, this.#b[j]!.value];
      out[j]! += slope[j]! * a * b * u ** (a - 1) * (1 - u ** a) ** (b - 1);
    }
  }

  #contract(x: Points, weights: Float64Array, out: Float64Array, at: number): number {
    const { n, d } = x;
    const { data } = this.#warpAll(x);
    const [from, to] = [new Float64Array(d), new Float64Array(d)];
    const part = new Float64Array(2 * d);
    for (let i = 0; i < n; i++) {
      from.set(data.subarray(i * d, (i + 1) * d));
      for (let j = 0; j <= i; j++) {
        to.set(data.subarray(j * d, (j + 1) * d));
        part.fill(0);
        this.#addShapeGradient(from, x.data, i * d, i === j ? from : to, d, part, 0);
        this.#addShapeGradient(i === j ? from : to, x.data, j * d, from, d, part, 0);
        for (let p = 0; p < part.length; p++) out[at + p]! += weights[i * n + j]! * part[p]!;
      }
    }
    return matricesOf(this.#kernel).contract({ data, n, d }, weights, out, at + 2 * d);
  }
}
