/**
 * Thompson sampling: points are scored by one function drawn from the surrogate's posterior, by Matheron's rule: a draw
 * from the prior, corrected by what the data say of it (Wilson et al., "Efficiently sampling functions from Gaussian
 * process posteriors", ICML 2020).
 *
 * Notation. The prior draw is sum over m of a_m cos(omega_m . x + b_m), with frequencies from the spectral density of
 * the Matern 5/2 kernel: a multivariate Student t with 5 degrees of freedom. A column of names has one phase a name.
 */

import type { Rng } from '@skein/core';
import type { Scorer } from '../acquisition/belief.ts';
import type { Factored } from '../gp/likelihood.ts';
import { noiseAt } from '../gp/model.ts';
import { type Column, cellOf } from './columns.ts';

const FEATURES = 512;

/** A function of the cube with its gradient. */
type Draw = (x: Float64Array, xo: number, gradient: Float64Array | null) => number;

/** Scores by minus one draw from the posterior of the surrogate (whose kernel is a scaled Matern 5/2 over the columns). */
export function thompsonScorer(factored: Factored, columns: readonly Column[], rng: Rng): Scorer {
  const { model, x, y, factor } = factored;
  const { n, d } = x;
  const [variance, ...lengthscales] = model.kernel.parameters.map((p) => p.value);
  const prior = priorDraw(variance!, lengthscales, columns, rng.split('prior'));
  const noise = rng.split('noise');
  const residual = y.map(
    (v, i) =>
      v -
      model.mean.value(x.data, i * d, d) -
      prior(x.data, i * d, null) -
      Math.sqrt(noiseAt(model.noise, i)) * noise.normal(),
  );
  const weights = factor.solve(residual);
  const posterior: Draw = (points, at, gradient) => {
    let value = model.mean.value(points, at, d) + prior(points, at, gradient);
    if (gradient !== null) model.mean.addInputGradient(points, at, d, gradient);
    for (let i = 0; i < n; i++) {
      value += weights[i]! * model.kernel.value(points, at, x.data, i * d, d);
      if (gradient !== null) model.kernel.addInputGradient(points, at, x.data, i * d, d, weights[i]!, gradient);
    }
    return value;
  };
  return {
    at: (point, gradient) => {
      const value = posterior(point, 0, gradient.fill(0));
      for (let j = 0; j < d; j++) gradient[j] = -gradient[j]!;
      return -value;
    },
    many: (points) => Float64Array.from({ length: points.n }, (_, i) => -posterior(points.data, i * d, null)),
  };
}

/** A draw from the prior; adds its gradient to `gradient`. */
function priorDraw(variance: number, lengthscales: readonly number[], columns: readonly Column[], rng: Rng): Draw {
  const d = columns.length;
  const amplitude = Math.sqrt((2 * variance) / FEATURES);
  const features = Array.from({ length: FEATURES }, () => {
    const chiSquared = Array.from({ length: 5 }, () => rng.normal() ** 2).reduce((a, b) => a + b);
    const stretch = Math.sqrt(5 / chiSquared);
    return {
      amplitude: amplitude * rng.normal(),
      offset: 2 * Math.PI * rng.uniform(),
      frequency: Float64Array.from(lengthscales, (l) => (stretch * rng.normal()) / l),
      // Two different names are at squared distance 1 / l^2: independent phases of half that variance each.
      phases: columns.map((column, j) =>
        column.categorical
          ? rng.fillNormal(new Float64Array(column.count), 0, stretch / lengthscales[j]! / Math.SQRT2)
          : null,
      ),
    };
  });
  return (x, xo, gradient) => {
    let value = 0;
    for (const { amplitude, offset, frequency, phases } of features) {
      let phase = offset;
      for (let j = 0; j < d; j++) phase += phases[j]?.[cellOf(columns[j]!, x[xo + j]!)] ?? frequency[j]! * x[xo + j]!;
      value += amplitude * Math.cos(phase);
      if (gradient === null) continue;
      const slope = -amplitude * Math.sin(phase);
      for (let j = 0; j < d; j++) if (phases[j] === null) gradient[j]! += slope * frequency[j]!;
    }
    return value;
  };
}
