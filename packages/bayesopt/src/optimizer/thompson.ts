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
import { crossCovariance } from '../kernels/covariance.ts';
import { dot } from '../linalg/dot.ts';
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
  return {
    at: (point, gradient) => {
      let value = model.mean.value(point, 0, d) + prior(point, 0, gradient.fill(0));
      model.mean.addInputGradient(point, 0, d, gradient);
      for (let i = 0; i < n; i++) {
        value += weights[i]! * model.kernel.value(point, 0, x.data, i * d, d);
        model.kernel.addInputGradient(point, 0, x.data, i * d, d, weights[i]!, gradient);
      }
      for (let j = 0; j < d; j++) gradient[j] = -gradient[j]!;
      return -value;
    },
    many: (points) => {
      const cross = crossCovariance(model.kernel, points, x);
      return Float64Array.from({ length: points.n }, (_, i) => {
        const { data } = points;
        return -(model.mean.value(data, i * d, d) + prior(data, i * d, null) + dot(cross, i * n, weights, 0, n));
      });
    },
  };
}

/** Terms of a draw from the prior. Their numbers lie side by side: it scores thousands of points. */
interface Features {
  readonly amplitudes: Float64Array;
  readonly offsets: Float64Array;
  /** One entry a column: frequencies [FEATURES], or phases [names, FEATURES]. */
  readonly tables: readonly Float64Array[];
}

function drawFeatures(
  variance: number,
  lengthscales: readonly number[],
  columns: readonly Column[],
  rng: Rng,
): Features {
  const scale = Math.sqrt((2 * variance) / FEATURES);
  const amplitudes = new Float64Array(FEATURES);
  const offsets = new Float64Array(FEATURES);
  const counts = columns.map(({ categorical, count }) => (categorical ? count : 1));
  const tables = counts.map((count) => new Float64Array(count * FEATURES));
  for (let m = 0; m < FEATURES; m++) {
    const chiSquared = Array.from({ length: 5 }, () => rng.normal() ** 2).reduce((a, b) => a + b);
    const stretch = Math.sqrt(5 / chiSquared);
    amplitudes[m] = scale * rng.normal();
    offsets[m] = 2 * Math.PI * rng.uniform();
    tables.forEach((table, j) => {
      // Two different names are at squared distance 1 / l^2: independent phases of half that variance each.
      const deviation = stretch / lengthscales[j]! / (columns[j]!.categorical ? Math.SQRT2 : 1);
      for (let k = 0; k < counts[j]!; k++) table[k * FEATURES + m] = deviation * rng.normal();
    });
  }
  return { amplitudes, offsets, tables };
}

/** A draw from the prior; adds its gradient to `gradient`. */
function priorDraw(variance: number, lengthscales: readonly number[], columns: readonly Column[], rng: Rng): Draw {
  const { amplitudes, offsets, tables } = drawFeatures(variance, lengthscales, columns, rng);
  const angles = new Float64Array(FEATURES);
  return (x, xo, gradient) => {
    angles.set(offsets);
    tables.forEach((table, j) => {
      const u = x[xo + j]!;
      if (columns[j]!.categorical) addTo(angles, 1, table, cellOf(columns[j]!, u) * FEATURES);
      else addTo(angles, u, table, 0);
    });
    let value = 0;
    for (let m = 0; m < FEATURES; m++) value += amplitudes[m]! * Math.cos(angles[m]!);
    if (gradient === null) return value;
    const slopes = angles.map((angle, m) => -amplitudes[m]! * Math.sin(angle));
    tables.forEach((table, j) => {
      if (!columns[j]!.categorical) gradient[j]! += dot(slopes, 0, table, 0, FEATURES);
    });
    return value;
  };
}

/** y += a x, of x from `from` on. */
function addTo(y: Float64Array, a: number, x: Float64Array, from: number): void {
  for (let m = 0; m < y.length; m++) y[m]! += a * x[from + m]!;
}
