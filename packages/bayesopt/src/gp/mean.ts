/** Mean functions: the prior mean of a process as a value, like a kernel. */

import { type Parameter, type ParameterOptions, realParameter, withValues } from './parameter.ts';

export interface MeanFunction {
  readonly label: string;
  /** Parameters of any sign, in the order of `gradient`. */
  readonly parameters: readonly Parameter[];
  withValues(values: ArrayLike<number>): MeanFunction;
  /** m(x) at `x[xo .. xo + d)`. */
  value(x: Float64Array, xo: number, d: number): number;
  /** Writes the derivatives by the parameters to `out[0 ..]`. */
  gradient(x: Float64Array, xo: number, d: number, out: Float64Array): void;
  /** Adds the derivative by x, at `x[xo .. xo + d)`, to `out` [d]. */
  addInputGradient(x: Float64Array, xo: number, d: number, out: Float64Array): void;
}

/** m(x) = 0. */
export const zeroMean = (): MeanFunction => ({
  label: 'zero',
  parameters: [],
  withValues: zeroMean,
  value: () => 0,
  gradient: () => {},
  addInputGradient: () => {},
});

/** m(x) = c, fitted unless fixed. */
export function constantMean(options: ParameterOptions & { readonly value?: number } = {}): MeanFunction {
  return constantOf([realParameter('mean', options.value ?? 0, options)]);
}

function constantOf(parameters: readonly Parameter[]): MeanFunction {
  const { value } = parameters[0]!;
  return {
    label: `constant(${value})`,
    parameters,
    withValues: (values) => constantOf(withValues(parameters, values)),
    value: () => value,
    gradient: (_x, _xo, _d, out) => {
      out[0] = 1;
    },
    addInputGradient: () => {},
  };
}

/** m(x) = c + w . x for d inputs; c first among the parameters. All start at 0. */
export function linearMean(d: number, options: ParameterOptions = {}): MeanFunction {
  const names = ['mean', ...Array.from({ length: d }, (_, j) => `slope[${j}]`)];
  return linearOf(names.map((name) => realParameter(name, 0, options)));
}

function linearOf(parameters: readonly Parameter[]): MeanFunction {
  const [offset, ...slopes] = parameters.map((p) => p.value);
  return {
    label: `linear(${parameters.map((p) => p.value).join(', ')})`,
    parameters,
    withValues: (values) => linearOf(withValues(parameters, values)),
    value: (x, xo) => slopes.reduce((sum, w, j) => sum + w * x[xo + j]!, offset!),
    gradient: (x, xo, _d, out) => {
      out[0] = 1;
      slopes.forEach((_, j) => {
        out[j + 1] = x[xo + j]!;
      });
    },
    addInputGradient: (_x, _xo, _d, out) => {
      slopes.forEach((w, j) => {
        out[j]! += w;
      });
    },
  };
}

/** A known function of the inputs with its gradient. */
export interface Feature {
  value(x: Float64Array, xo: number, d: number): number;
  /** Adds `weight` times the derivative by x to `out` [d]. */
  addInputGradient(x: Float64Array, xo: number, d: number, weight: number, out: Float64Array): void;
}

/**
 * m(x) = c + sum of w_k f_k(x) for known functions f, such as what a related process believes; c first among the
 * parameters. All start at 0.
 */
export function featureMean(features: readonly Feature[], options: ParameterOptions = {}): MeanFunction {
  const names = ['mean', ...features.map((_, k) => `weight[${k}]`)];
  return featureOf(
    features,
    names.map((name) => realParameter(name, 0, options)),
  );
}

function featureOf(features: readonly Feature[], parameters: readonly Parameter[]): MeanFunction {
  const [offset, ...weights] = parameters.map((p) => p.value);
  return {
    label: `features(${parameters.map((p) => p.value).join(', ')})`,
    parameters,
    withValues: (values) => featureOf(features, withValues(parameters, values)),
    value: (x, xo, d) => features.reduce((sum, f, k) => sum + weights[k]! * f.value(x, xo, d), offset!),
    gradient: (x, xo, d, out) => {
      out[0] = 1;
      features.forEach((f, k) => {
        out[k + 1] = f.value(x, xo, d);
      });
    },
    addInputGradient: (x, xo, d, out) => {
      features.forEach((f, k) => {
        f.addInputGradient(x, xo, d, weights[k]!, out);
      });
    },
  };
}
