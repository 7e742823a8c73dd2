/** The normal distribution as a head: with known, learned or input-dependent standard deviation. */

import { SkeinError } from '@skein/core';
import {
  add,
  exp,
  log,
  mul,
  scalar,
  slice,
  softplus,
  sqrt,
  square,
  squaredDifference,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { checkColumns, checkCount, type Head } from './head.ts';

export interface NormalOptions {
  /** Columns of the targets, independent of each other given the input. */
  readonly targets?: number;
  /**
   * The standard deviation: a known number, `learned` (one for each column, the same for all inputs) or `input` (the
   * second half of the model's output: heteroscedastic regression).
   */
  readonly sigma?: number | 'learned' | 'input';
  /** Where a learned standard deviation starts. */
  readonly initialSigma?: number;
  /**
   * How an input-dependent output f becomes positive: `softplus`, or `square` (sigma = |f|). The square has a stationary
   * point at zero and grows without bound around it, so the first is the safer.
   */
  readonly positive?: 'softplus' | 'square';
  /** Smallest input-dependent standard deviation: without one, a repeated target's likelihood has no bound. */
  readonly minSigma?: number;
}

export const NORMAL_DEFAULTS = {
  targets: 1,
  sigma: 1,
  initialSigma: 1,
  positive: 'softplus',
  minSigma: 1e-3,
} as const satisfies Required<NormalOptions>;

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Mean and logarithm of the standard deviation, which broadcast against the targets. */
interface Moments {
  readonly mean: Tensor;
  readonly logSigma: Tensor;
}

type MomentsOf = (parameters: Tensor) => Moments;

/**
 * y ~ N(mean, sigma^2), each column independent; the model's first columns are the means. With a known sigma, its
 * minimiser is that of least squares. Throws `CONFIG` for standard deviations that are not positive.
 */
export function normalHead(options: NormalOptions = {}): Head {
  const settings = { ...NORMAL_DEFAULTS, ...options };
  const { targets, sigma } = settings;
  checkCount('targets', targets);
  for (const value of [settings.initialSigma, settings.minSigma, ...(typeof sigma === 'number' ? [sigma] : [])]) {
    if (!(value > 0 && Number.isFinite(value))) {
      throw new SkeinError('CONFIG', `sigma: expected a positive number, got ${value}`);
    }
  }
  if (sigma === 'input') return headOf(targets, 2 * targets, [], inputMoments(settings));
  if (sigma === 'learned') {
    const start = new Float32Array(targets).fill(Math.log(settings.initialSigma));
    const logSigma = tidy(() => variable(tensor1d(start), true));
    return headOf(targets, targets, [logSigma], (mean) => ({ mean, logSigma }));
  }
  return headOf(targets, targets, [], (mean) => ({ mean, logSigma: scalar(Math.log(sigma)) }));
}

function inputMoments({ targets, positive, minSigma }: Required<NormalOptions>): MomentsOf {
  return (parameters) => {
    const [mean, raw] = [0, targets].map((from) => slice(parameters, [0, from], [-1, targets]));
    const sigma = positive === 'softplus' ? add(softplus(raw!), minSigma) : sqrt(add(square(raw!), minSigma ** 2));
    return { mean: mean!, logSigma: log(sigma) };
  };
}

function headOf(targets: number, parameters: number, variables: readonly Variable[], momentsOf: MomentsOf): Head {
  const moments = (rows: Tensor): Moments => {
    checkColumns('parameters', rows, parameters);
    return momentsOf(rows);
  };
  return {
    parameters,
    targets,
    variables,
    negativeLogLikelihood: (rows, y) =>
      tidy(() => {
        checkColumns('targets', y, targets);
        const { mean, logSigma } = moments(rows);
        const quadratic = mul(squaredDifference(y, mean), mul(precision(logSigma), 0.5));
        return sum(add(add(quadratic, logSigma), HALF_LOG_TWO_PI), 1) as Tensor1D;
      }),
    targetProblem: (_column, value) => (Number.isFinite(value) ? null : 'a finite number'),
    describe: (rows) =>
      tidy(() => {
        const { mean, logSigma } = moments(rows);
        return { mean: mean.clone(), sigma: exp(add(logSigma, zeros(mean.shape))) };
      }),
    mode: (rows) => tidy(() => moments(rows).mean.clone()),
  };
}

/** 1 / sigma^2. */
function precision(logSigma: Tensor): Tensor {
  return exp(mul(logSigma, -2));
}
