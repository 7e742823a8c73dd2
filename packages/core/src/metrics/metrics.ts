/** Metric names are a documented table and a type: a typo does not compile, and plots and baselines can rely on them. */

export const METRICS = {
  'episode/return': 'undiscounted reward sum of the training episodes that ended since the last report, mean',
  'episode/length': 'steps of the training episodes that ended since the last report, mean',
  'evaluation/return': 'undiscounted reward sum on the evaluation environment, mean over episodes',
  'evaluation/return-std': 'standard deviation of the evaluation returns over episodes',
  'evaluation/length': 'steps of the evaluation episodes, mean',
  'loss/value': 'temporal-difference loss, mean since the last report',
  'loss/policy': 'policy loss, mean since the last report',
  'value/mean': 'predicted action value of the sampled actions, mean of the last minibatch',
  'policy/entropy': 'entropy of the policy in nats, mean since the last report',
  'explore/epsilon': 'probability of a random action',
  'train/updates': 'gradient steps so far',
  'train/episodes': 'training episodes finished so far',
  'replay/size': 'transitions held in the replay buffer',
  'replay/samples-per-insert': 'how often a transition was sampled for learning since learning began, mean',
  'actor/count': 'actors whose experience came since the last report',
  'actor/staleness': 'parameter versions behind the learner, mean',
  'actor/staleness-seconds': 'time that the parameters had been out of date when their experience came, mean',
  'actor/discarded': 'environment steps thrown away so far because their parameters were too old',
  'perf/steps-per-second': 'environment steps a second since the last report, all actors together',
  'trial/value': 'objective of a finished trial',
  'trial/best': 'best objective so far',
  'generation/best': 'best fitness of the generation',
  'generation/mean': 'mean fitness of the generation',
  'generation/diversity': 'mean pairwise distance of the population, as a share of the largest possible',
  'generation/hypervolume': 'hypervolume of the Pareto front up to the reference point',
} as const satisfies Readonly<Record<string, string>>;

export type MetricName = keyof typeof METRICS;
export type Metrics = { readonly [name in MetricName]?: number };

/** Where metrics go. `step` counts environment steps, trials or generations. */
export interface MetricSink {
  write(step: number, metrics: Metrics): void;
  /** Writes out what is buffered and releases files. */
  close(): Promise<void>;
}

/** One line of a metrics file: the step and its metrics. */
export interface MetricRow {
  readonly step: number;
  readonly metrics: Metrics;
}

/** Keeps every row in memory. */
export function memorySink(): MetricSink & { readonly rows: readonly MetricRow[] } {
  const rows: MetricRow[] = [];
  return {
    rows,
    write: (step, metrics) => {
      rows.push({ step, metrics });
    },
    close: async () => {},
  };
}

/** Writes to each of the sinks. */
export function teeSink(...sinks: readonly MetricSink[]): MetricSink {
  return {
    write: (step, metrics) => {
      for (const sink of sinks) sink.write(step, metrics);
    },
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
