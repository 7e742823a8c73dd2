/** Hyperparameters: named numbers with bounds, a scale on which they are fitted, and perhaps a prior. */

import { SkeinError } from '@skein/core';
import type { Prior } from './priors.ts';

/** One hyperparameter of a kernel, a mean function or the noise. */
export interface Parameter {
  readonly name: string;
  /** Natural value. */
  readonly value: number;
  /** The fit stays within these. */
  readonly bounds: readonly [low: number, high: number];
  /** Positive parameters are fitted in their logarithms. */
  readonly scale: 'log' | 'linear';
  readonly prior: Prior | null;
  /** A fixed parameter is not fitted. */
  readonly fixed: boolean;
}

/** How a caller may describe a parameter beside its value. */
export interface ParameterOptions {
  /** Default [1e-5, 1e5]. */
  readonly bounds?: readonly [low: number, high: number];
  readonly prior?: Prior;
  readonly fixed?: boolean;
}

/** A positive parameter that is fitted in its logarithm. Throws `INPUT` unless value and bounds are positive. */
export function positiveParameter(name: string, value: number, options: ParameterOptions = {}): Parameter {
  const bounds = options.bounds ?? [1e-5, 1e5];
  if (!(value > 0 && Number.isFinite(value))) {
    throw new SkeinError('INPUT', `${name}: expected a positive number, got ${value}`);
  }
  if (!(bounds[0] > 0 && bounds[1] >= bounds[0])) {
    throw new SkeinError('INPUT', `${name}: bounds: expected 0 < low <= high, got [${bounds.join(', ')}]`);
  }
  return { name, value, bounds, scale: 'log', prior: options.prior ?? null, fixed: options.fixed ?? false };
}

/** A parameter of any sign. */
export function realParameter(name: string, value: number, options: ParameterOptions = {}): Parameter {
  const bounds = options.bounds ?? [-1e5, 1e5];
  return { name, value, bounds, scale: 'linear', prior: options.prior ?? null, fixed: options.fixed ?? false };
}

/** The value on the scale of the fit. */
export const toFitScale = (parameter: Parameter, value = parameter.value): number =>
  parameter.scale === 'log' ? Math.log(value) : value;

/** The natural value from the scale of the fit. */
export const fromFitScale = (parameter: Parameter, theta: number): number =>
  parameter.scale === 'log' ? Math.exp(theta) : theta;

/** Names by position where there are several: `lengthscale[0]`. */
export function positiveParameters(
  name: string,
  values: number | readonly number[],
  options: ParameterOptions = {},
): Parameter[] {
  if (typeof values === 'number') return [positiveParameter(name, values, options)];
  return values.map((value, i) => positiveParameter(`${name}[${i}]`, value, options));
}

/** The parameters with other values, in order. */
export function withValues(parameters: readonly Parameter[], values: ArrayLike<number>, from = 0): Parameter[] {
  return parameters.map((parameter, i) => ({ ...parameter, value: values[from + i]! }));
}
