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
  /** Adds the derivative by x to `out` [d]. */
  addInputGradient(out: Float64Array): void;
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
    addInputGradient: (out) => {
      slopes.forEach((w, j) => {
        out[j]! += w;
      });
    },
  };
}
