/**
 * Strategy parameters of CMA-ES as a function of dimension n and population size lambda: Hansen, "The CMA evolution
 * strategy: a tutorial", arXiv:1604.00772, table 1, with the damping for large populations of pycma 4.
 */

/** Which part of the covariance matrix is learnt. */
export type CovarianceModel = 'full' | 'separable';

/** Notation as in the tutorial. */
export interface CmaParameters {
  /** Weight of the k-th best, [lambda]; the first mu are positive and sum to 1, the others negative or 0. */
  readonly weights: Float64Array;
  readonly mu: number;
  /** Variance effective selection mass of the positive weights. */
  readonly muEff: number;
  /** Cumulation of the step-size path, damping of the step size. */
  readonly cSigma: number;
  readonly dSigma: number;
  /** Cumulation of the covariance path; learning rates of the rank-one and the rank-mu update. */
  readonly cc: number;
  readonly c1: number;
  readonly cMu: number;
  /** Expected length of a standard normal vector. */
  readonly chiN: number;
  /** Generations between two eigendecompositions: so few that the distribution hardly changes in between. */
  readonly eigenGap: number;
}

/** The usual population size: 4 + floor(3 ln n). */
export const defaultPopulation = (n: number): number => 4 + Math.floor(3 * Math.log(n));

/** The parameters. With `active`, the worst individuals have negative weights. */
export function cmaParameters(n: number, lambda: number, model: CovarianceModel, active: boolean): CmaParameters {
  const raw = Float64Array.from({ length: lambda }, (_, k) => Math.log((lambda + 1) / 2) - Math.log(k + 1));
  const muEff = effective(raw.filter((w) => w > 0));
  const cSigma = Math.min(0.5, (muEff + 2) / (n + muEff + 3));
  const { c1, cMu } = learningRates(n, lambda, muEff, model);
  return {
    weights: finalWeights(raw, n, c1, cMu, active),
    mu: raw.filter((w) => w > 0).length,
    muEff,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, dampingFactor(n) * Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cc: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    c1,
    cMu,
    chiN: expectedNorm(n),
    eigenGap: 1 / (c1 + cMu) / n / 4,
  };
}

/** E|z| for a standard normal vector of length n, exactly: the product of the values for n and n + 1 is n. */
function expectedNorm(n: number): number {
  let norm = Math.sqrt(2 / Math.PI);
  for (let k = 1; k < n; k++) norm = k / norm;
  return norm;
}

const effective = (weights: Float64Array): number =>
  weights.reduce((sum, w) => sum + w, 0) ** 2 / weights.reduce((sum, w) => sum + w * w, 0);

/** pycma 4 damps more than the tutorial when the population is large against n. */
const dampingFactor = (n: number): number => Math.max(1, 3 * (1 - 0.5 ** (n / 9)));

function learningRates(n: number, lambda: number, muEff: number, model: CovarianceModel) {
  const c1 = (Math.min(1, lambda / 6) * 2) / ((n + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1, (2 * (0.25 + muEff + 1 / muEff - 2)) / ((n + 2) ** 2 + muEff));
  if (model === 'full') return { c1, cMu };
  // n parameters instead of n^2 / 2 are learnt faster (Ros and Hansen 2008).
  const faster = (n + 2) / 3;
  const c1Separable = Math.min(0.5, c1 * faster);
  return { c1: c1Separable, cMu: Math.min(1 - c1Separable, cMu * faster) };
}

function finalWeights(raw: Float64Array, n: number, c1: number, cMu: number, active: boolean): Float64Array {
  const positive = raw.reduce((sum, w) => sum + Math.max(0, w), 0);
  const negative = raw.reduce((sum, w) => sum + Math.max(0, -w), 0);
  const muEff = effective(raw.filter((w) => w > 0));
  const muEffNegative = effective(raw.filter((w) => w < 0));
  const limits = [1 + c1 / cMu, 1 + (2 * muEffNegative) / (muEff + 2), (1 - c1 - cMu) / (n * cMu)];
  const scale = active && negative > 0 ? Math.min(...limits) / negative : 0;
  return raw.map((w) => (w > 0 ? w / positive : w * scale));
}
