/** The Poisson distribution as a head, for counts. */

import {
  add,
  cast,
  div,
  exp,
  expm1,
  floor,
  gather,
  greater,
  less,
  log,
  maximum,
  minimum,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import { checkColumns, checkCount, type Head } from './head.ts';

export interface PoissonOptions {
  /** Columns of the targets (counts: 0, 1, 2, ...), independent of each other given the input. */
  readonly targets?: number;
}

/** y ~ Poisson(exp(parameter)), each column independent. */
export function poissonHead({ targets = 1 }: PoissonOptions = {}): Head {
  checkCount('targets', targets);
  return {
    parameters: targets,
    targets,
    variables: [],
    negativeLogLikelihood: (logRates, y) =>
      tidy(() => {
        checkColumns('parameters', logRates, targets);
        checkColumns('targets', y, targets);
        return sum(negativeLogProbability(logRates, y), 1) as Tensor1D;
      }),
    targetProblem: (_column, value) => (Number.isInteger(value) && value >= 0 ? null : 'a count (0, 1, 2, ...)'),
    describe: (logRates) => ({ rate: exp(logRates) }),
    mode: (logRates) => floor(exp(logRates)),
  };
}

/** Counts below this have their error of Stirling's formula from a table. */
const TABLE_SIZE = 16;

/** log n! - (n log n - n + log(2 pi n) / 2) for n = 0, 1, ...; the first is never used. */
const STIRLING_ERRORS = Float32Array.from({ length: TABLE_SIZE }, (_, n) => {
  let logFactorial = 0;
  for (let k = 2; k <= n; k++) logFactorial += Math.log(k);
  return n === 0 ? 0 : logFactorial - (n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n));
});

/** -log P(y) of each element, in the form of Loader (2000) that has no difference of large numbers. */
function negativeLogProbability(logRate: Tensor, y: Tensor): Tensor {
  const n = maximum(y, 1);
  const offset = sub(logRate, log(n));
  const deviance = mul(n, sub(expm1(offset), offset));
  const atRate = add(mul(log(mul(n, 2 * Math.PI)), 0.5), stirlingError(n));
  return where(greater(y, 0), add(deviance, atRate), exp(logRate));
}

function stirlingError(n: Tensor): Tensor {
  const small = gather(tensor1d(STIRLING_ERRORS), cast(minimum(n, TABLE_SIZE - 1), 'int32'));
  // 1 / 12 n - 1 / 360 n^3
  const inverse = div(1, n);
  const large = mul(inverse, sub(1 / 12, mul(square(inverse), 1 / 360)));
  return where(less(n, TABLE_SIZE), small, large);
}
