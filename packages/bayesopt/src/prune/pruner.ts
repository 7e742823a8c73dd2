/**
 * Pruners: rules that stop a trial early because its reports so far look poor. A rule is a pure function of the reports
 * of all trials, and its description is plain data, so that it travels in the state of a study.
 */

import { createRng, type Static, Type } from '@skein/core';

const Step = Type.Number({ minimum: 0 });
const Count = Type.Integer({ minimum: 0 });

/** Stops a trial whose best report is worse than the given percentile of the complete trials' reports at that step. */
export const PercentilePruner = Type.Object({
  kind: Type.Literal('percentile'),
  /** Share of trials that go on, in percent; 50 is the median rule. */
  percentile: Type.Number({ minimum: 0, maximum: 100 }),
  /** Complete trials before the rule is used. */
  startupTrials: Count,
  /** Steps of a trial before the rule is used. */
  warmupSteps: Step,
});

/**
 * Asynchronous successive halving (Li et al., MLSys 2020): rungs at minResource * factor^(rung + bracket); of the trials
 * that reached a rung, the best share 1 / factor goes on.
 */
export const HalvingPruner = Type.Object({
  kind: Type.Literal('halving'),
  minResource: Type.Number({ exclusiveMinimum: 0 }),
  factor: Type.Number({ exclusiveMinimum: 1 }),
  bracket: Count,
});

/** Hyperband (Li et al., JMLR 2018): every trial belongs to one of several halving brackets, by its number. */
export const HyperbandPruner = Type.Object({
  kind: Type.Literal('hyperband'),
  minResource: Type.Number({ exclusiveMinimum: 0 }),
  /** Step at which a trial that nobody stops ends. */
  maxResource: Type.Number({ exclusiveMinimum: 0 }),
  factor: Type.Number({ exclusiveMinimum: 1 }),
});

/** Stops a trial that reports something outside the bounds, or NaN. */
export const ThresholdPruner = Type.Object({
  kind: Type.Literal('threshold'),
  lower: Type.Optional(Type.Number()),
  upper: Type.Optional(Type.Number()),
  warmupSteps: Step,
});

export const PrunerSchema = Type.Union([PercentilePruner, HalvingPruner, HyperbandPruner, ThresholdPruner]);

/** A pruner as plain data; make one with `medianPruner`, `percentilePruner`, `halvingPruner`, ... */
export type Pruner = Static<typeof PrunerSchema>;

type Settings<K extends Pruner['kind']> = Omit<Extract<Pruner, { kind: K }>, 'kind'>;

export const prunerDefaults = {
  percentile: { percentile: 50, startupTrials: 5, warmupSteps: 0 },
  halving: { minResource: 1, factor: 4, bracket: 0 },
  hyperband: { minResource: 1, maxResource: 100, factor: 3 },
  threshold: { warmupSteps: 0 },
} as const satisfies { [K in Pruner['kind']]: Settings<K> };

/** The percentile rule. */
export const percentilePruner = (options: Partial<Settings<'percentile'>> = {}): Pruner => ({
  kind: 'percentile',
  ...prunerDefaults.percentile,
  ...options,
});

/** The percentile rule at 50: stop when the best so far is worse than the median of the others at the same step. */
export const medianPruner = (options: Partial<Omit<Settings<'percentile'>, 'percentile'>> = {}): Pruner =>
  percentilePruner(options);

/** Asynchronous successive halving (ASHA). */
export const halvingPruner = (options: Partial<Settings<'halving'>> = {}): Pruner => ({
  kind: 'halving',
  ...prunerDefaults.halving,
  ...options,
});

/** Hyperband. */
export const hyperbandPruner = (options: Partial<Settings<'hyperband'>> = {}): Pruner => ({
  kind: 'hyperband',
  ...prunerDefaults.hyperband,
  ...options,
});

/** Fixed bounds on what a trial may report. */
export const thresholdPruner = (options: Partial<Settings<'threshold'>>): Pruner => ({
  kind: 'threshold',
  ...prunerDefaults.threshold,
  ...options,
});

/** A value that a trial reported on its way. */
export interface Report {
  readonly step: number;
  readonly value: number;
}

/** A trial as pruners see it. */
export interface Curve {
  readonly id: number;
  readonly complete: boolean;
  /** In increasing order of steps. */
  readonly reports: readonly Report[];
}

/** True if the trial should stop now, judged by its last report. `maximise`: larger reports are better. */
export function shouldPrune(pruner: Pruner, trial: Curve, all: readonly Curve[], maximise: boolean): boolean {
  if (trial.reports.length === 0) return false;
  if (Number.isNaN(trial.reports.at(-1)!.value)) return true;
  const sign = maximise ? -1 : 1;
  switch (pruner.kind) {
    case 'percentile':
      return percentileRule(pruner, trial, all, sign);
    case 'halving':
      return halvingRule(pruner, trial, all, sign);
    case 'hyperband':
      return hyperbandRule(pruner, trial, all, sign);
    case 'threshold':
      return thresholdRule(pruner, trial);
    default:
      return pruner satisfies never;
  }
}

function percentileRule(rule: Settings<'percentile'>, trial: Curve, all: readonly Curve[], sign: 1 | -1): boolean {
  const { step } = trial.reports.at(-1)!;
  const complete = all.filter((curve) => curve.complete && curve.id !== trial.id);
  if (complete.length < Math.max(1, rule.startupTrials) || step < rule.warmupSteps) return false;
  const others = complete.flatMap((curve) => curve.reports.filter((r) => r.step === step).map((r) => sign * r.value));
  if (others.length === 0) return false;
  const best = Math.min(...trial.reports.map((r) => sign * r.value));
  return best > quantile(others, rule.percentile / 100);
}

/** Quantile with linear interpolation between order statistics. */
function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low);
}

/** What a trial reported when it reached a resource; null if it has not. */
function valueAtRung(curve: Curve, resource: number): number | null {
  return curve.reports.find((report) => report.step >= resource)?.value ?? null;
}

function halvingRule(rule: Settings<'halving'>, trial: Curve, all: readonly Curve[], sign: 1 | -1): boolean {
  const { step } = trial.reports.at(-1)!;
  const before = trial.reports.at(-2)?.step ?? Number.NEGATIVE_INFINITY;
  const { minResource, factor, bracket } = rule;
  for (let resource = minResource * factor ** bracket; resource <= step; resource *= factor) {
    // A rung is decided once, by the report that reaches it.
    if (before >= resource) continue;
    const competing = all.flatMap((curve) => {
      const value = valueAtRung(curve, resource);
      return value === null ? [] : [sign * value];
    });
    competing.sort((a, b) => a - b);
    const kept = Math.max(1, Math.floor(competing.length / factor));
    if (sign * trial.reports.at(-1)!.value > competing[kept - 1]!) return true;
  }
  return false;
}

/** Bracket of a trial: brackets that stop earlier get more trials, as in Hyperband's budget. */
function bracketOf(id: number, rule: Settings<'hyperband'>): number {
  // The small excess keeps exact powers from rounding down.
  const count = Math.floor(Math.log(rule.maxResource / rule.minResource) / Math.log(rule.factor) + 1e-9) + 1;
  const shares = Array.from({ length: count }, (_, bracket) => {
    const rungs = count - bracket;
    return Math.ceil((count * rule.factor ** (rungs - 1)) / rungs);
  });
  const cumulative = shares.map((_, bracket) => shares.slice(0, bracket + 1).reduce((a, b) => a + b));
  const ticket = createRng(0).split('hyperband').split(id).integer(cumulative.at(-1)!);
  return cumulative.findIndex((share) => ticket < share);
}

function hyperbandRule(rule: Settings<'hyperband'>, trial: Curve, all: readonly Curve[], sign: 1 | -1): boolean {
  const bracket = bracketOf(trial.id, rule);
  const peers = all.filter((curve) => bracketOf(curve.id, rule) === bracket);
  return halvingRule({ minResource: rule.minResource, factor: rule.factor, bracket }, trial, peers, sign);
}

function thresholdRule(
  { lower = -Infinity, upper = Infinity, warmupSteps }: Settings<'threshold'>,
  trial: Curve,
): boolean {
  const { step, value } = trial.reports.at(-1)!;
  return step >= warmupSteps && (value < lower || value > upper);
}
