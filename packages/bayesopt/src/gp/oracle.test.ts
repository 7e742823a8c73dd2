import { SkeinError } from '@skein/core';
import { expectClose } from '@skein/core/testkit';
import { describe, test } from 'vitest';
import { fixture } from '../fixtures.ts';
import { scale } from '../kernels/compose.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { matern12, matern32, matern52, rationalQuadratic, rbf } from '../kernels/stationary.ts';
import { linear, periodic } from '../kernels/structured.ts';
import { GaussianProcess } from './gaussian-process.ts';

interface Case {
  name: string;
  kernel: { kind: string; lengthscale: number | number[]; alpha: number; period: number };
  variance: number;
  noise: number;
  x: number[][];
  y: number[];
  new: number[][];
  logMarginalLikelihood: number;
  gradient: number[];
  mean: number[];
  deviation: number[];
}

function kernelOf({ kind, lengthscale, alpha, period }: Case['kernel']): Kernel {
  switch (kind) {
    case 'rbf':
      return rbf({ lengthscale });
    case 'matern12':
      return matern12({ lengthscale });
    case 'matern32':
      return matern32({ lengthscale });
    case 'matern52':
      return matern52({ lengthscale });
    case 'rationalQuadratic':
      return rationalQuadratic({ lengthscale, alpha });
    case 'periodic':
      return periodic({ lengthscale: lengthscale as number, period });
    case 'linear':
      return linear();
    default:
      throw new SkeinError('UNKNOWN_NAME', `fixture: unexpected kernel ${kind}`);
  }
}

/** Parameters in our order from scikit-learn's, which sorts a kernel's own by name and has no variance of `linear`. */
function ourOrder(kind: string, gradient: number[]): number[] {
  const [variance, first, second, ...rest] = gradient as [number, number, number, ...number[]];
  if (kind === 'rationalQuadratic') return [variance, second, first, ...rest];
  // Of `linear` scikit-learn fits an offset instead of a variance; scaling either variance is the same.
  if (kind === 'linear') return [variance, variance, second];
  return gradient;
}

describe.each([
  ['scikit-learn', 'sklearn-gp'],
  ['GPyTorch', 'gpytorch-gp'],
])('equal to %s at fixed hyperparameters', (library, file) => {
  for (const row of fixture<Case[]>(file)) {
    test(row.name, () => {
      const gp = new GaussianProcess({ kernel: scale(kernelOf(row.kernel), row.variance), noise: row.noise });
      gp.fit(row.x, row.y, { optimise: false });
      const { value, gradient } = gp.logMarginalLikelihoodAt();
      const spread = Math.sqrt(row.variance);
      const expected = library === 'GPyTorch' ? row.gradient : ourOrder(row.kernel.kind, row.gradient);
      expectClose(value, row.logMarginalLikelihood, { rtol: 1e-8, atol: 1e-8 });
      expectClose(gradient, expected, { rtol: 1e-8, atol: 1e-7 });
      const { mean, variance } = gp.predict(row.new, { noise: true });
      expectClose(mean, row.mean, { rtol: 1e-8, atol: 1e-8 * spread });
      expectClose(variance.map(Math.sqrt), row.deviation, { rtol: 1e-8 });
    });
  }
});
