/**
 * Stationary kernels: functions of the scaled squared distance s = sum (x_j - z_j)^2 / l_j^2 (Rasmussen and Williams,
 * "Gaussian Processes for Machine Learning", section 4.2). Each is 1 at distance 0; `scale` gives it an output variance.
 */

import { type Parameter, type ParameterOptions, positiveParameter } from '../gp/parameter.ts';
import { type LengthscaleOptions, ScaledDistance } from './distance.ts';
import { type Kernel, short } from './kernel.ts';
import type { KernelMatrices } from './matrices.ts';
import { type ProfileName, stationaryMatrices } from './stationary-matrices.ts';

/** A radial profile. Derivatives are by s, not by the distance, which leaves no 0/0 at coinciding points. */
interface Profile {
  readonly name: ProfileName;
  /** k at s. */
  value(s: number): number;
  /** dk/ds at s, where k is already known; times s it must tend to 0 with s. */
  slope(s: number, k: number): number;
}

class Stationary implements Kernel {
  readonly #profile: Profile;
  readonly #distance: ScaledDistance;

  constructor(profile: Profile, distance: ScaledDistance) {
    this.#profile = profile;
    this.#distance = distance;
  }

  get parameters(): readonly Parameter[] {
    return this.#distance.parameters;
  }

  get label(): string {
    return `${this.#profile.name}(${short(this.parameters.map((p) => p.value))})`;
  }

  get matrices(): KernelMatrices {
    return stationaryMatrices(this.#profile.name, (d) => this.#distance.metric(d));
  }

  withValues(values: ArrayLike<number>): Kernel {
    return new Stationary(this.#profile, this.#distance.withValues(values));
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    return this.#profile.value(this.#distance.squared(x, xo, z, zo, d));
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const s = this.#distance.squared(x, xo, z, zo, d);
    const k = this.#profile.value(s);
    this.#distance.parameterGradient(x, xo, z, zo, s, this.#profile.slope(s, k), out, at);
    return k;
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
    const s = this.#distance.squared(x, xo, z, zo, d);
    const slope = this.#profile.slope(s, this.#profile.value(s));
    this.#distance.addInputGradient(x, xo, z, zo, d, weight * slope, out);
  }
}

const RBF: Profile = {
  name: 'rbf',
  value: (s) => Math.exp(-0.5 * s),
  slope: (_, k) => -0.5 * k,
};

const MATERN12: Profile = {
  name: 'matern12',
  value: (s) => Math.exp(-Math.sqrt(s)),
  // Not differentiable at coinciding points; 0 is the symmetric choice.
  slope: (s, k) => (s === 0 ? 0 : (-0.5 * k) / Math.sqrt(s)),
};

const MATERN32: Profile = {
  name: 'matern32',
  value: (s) => {
    const r = Math.sqrt(3 * s);
    return (1 + r) * Math.exp(-r);
  },
  slope: (s, k) => (-1.5 * k) / (1 + Math.sqrt(3 * s)),
};

const MATERN52: Profile = {
  name: 'matern52',
  value: (s) => {
    const r = Math.sqrt(5 * s);
    return (1 + r + (r * r) / 3) * Math.exp(-r);
  },
  slope: (s, k) => {
    const r = Math.sqrt(5 * s);
    return ((-5 / 6) * k * (1 + r)) / (1 + r + (r * r) / 3);
  },
};

/** Squared exponential: exp(-s / 2). Infinitely smooth functions. */
export const rbf = (options: LengthscaleOptions = {}): Kernel => new Stationary(RBF, new ScaledDistance(options));

/** Matern 1/2 (exponential): exp(-r), r = sqrt(s). Continuous, rough functions. */
export const matern12 = (options: LengthscaleOptions = {}): Kernel =>
  new Stationary(MATERN12, new ScaledDistance(options));

/** Matern 3/2: (1 + r) exp(-r), r = sqrt(3 s). Functions with one derivative. */
export const matern32 = (options: LengthscaleOptions = {}): Kernel =>
  new Stationary(MATERN32, new ScaledDistance(options));

/** Matern 5/2: (1 + r + r^2 / 3) exp(-r), r = sqrt(5 s). Functions with two derivatives; the usual choice. */
export const matern52 = (options: LengthscaleOptions = {}): Kernel =>
  new Stationary(MATERN52, new ScaledDistance(options));

export interface RationalQuadraticOptions extends LengthscaleOptions {
  /** Mixture parameter alpha: small mixes many length scales, large tends to `rbf`. Default 1. */
  readonly alpha?: number;
  readonly alphaOptions?: ParameterOptions;
}

/** Rational quadratic: (1 + s / (2 alpha))^-alpha, a mixture of `rbf` kernels. Parameters: length scales, then alpha. */
export function rationalQuadratic(options: RationalQuadraticOptions = {}): Kernel {
  const alpha = positiveParameter('alpha', options.alpha ?? 1, options.alphaOptions);
  return new RationalQuadratic(new ScaledDistance(options), alpha);
}

class RationalQuadratic implements Kernel {
  readonly #distance: ScaledDistance;
  readonly #alpha: Parameter;
  readonly parameters: readonly Parameter[];

  constructor(distance: ScaledDistance, alpha: Parameter) {
    this.#distance = distance;
    this.#alpha = alpha;
    this.parameters = [...distance.parameters, alpha];
  }

  get label(): string {
    return `rationalQuadratic(${short(this.parameters.map((p) => p.value))})`;
  }

  withValues(values: ArrayLike<number>): Kernel {
    const alpha = { ...this.#alpha, value: values[this.parameters.length - 1]! };
    return new RationalQuadratic(this.#distance.withValues(values), alpha);
  }

  value(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number): number {
    const alpha = this.#alpha.value;
    return (1 + this.#distance.squared(x, xo, z, zo, d) / (2 * alpha)) ** -alpha;
  }

  gradient(x: Float64Array, xo: number, z: Float64Array, zo: number, d: number, out: Float64Array, at: number): number {
    const alpha = this.#alpha.value;
    const s = this.#distance.squared(x, xo, z, zo, d);
    const base = 1 + s / (2 * alpha);
    const k = base ** -alpha;
    this.#distance.parameterGradient(x, xo, z, zo, s, (-0.5 * k) / base, out, at);
    out[at + this.parameters.length - 1] = k * (s / (2 * base) - alpha * Math.log(base));
    return k;
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
    const alpha = this.#alpha.value;
    const base = 1 + this.#distance.squared(x, xo, z, zo, d) / (2 * alpha);
    this.#distance.addInputGradient(x, xo, z, zo, d, weight * -0.5 * base ** (-alpha - 1), out);
  }
}
