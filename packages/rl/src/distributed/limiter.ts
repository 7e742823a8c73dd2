/**
 * Keeps actors and learner at a ratio (Reverb's `SampleToInsertRatio`, Cassirer et al., arXiv:2102.04736): each transition
 * is sampled `samplesPerInsert` times on average, and neither side runs ahead by more than a tolerance.
 */

/** How a limiter is set. */
export interface LimiterOptions {
  readonly samplesPerInsert: number;
  /** Transitions before the first sample. */
  readonly minimum: number;
  /** Samples that either side may be ahead, as a share of those of the minimum. */
  readonly tolerance: number;
  /** Most transitions inserted, and most samples taken, at once: the tolerance leaves room for one of each. */
  readonly insertsAtOnce: number;
  readonly samplesAtOnce: number;
}

/** Says whether to insert or to sample. One of the two is always allowed. */
export class RateLimiter {
  readonly #options: LimiterOptions;
  readonly #slack: number;
  #inserts: number;
  #samples: number;

  /** Continues from counts. */
  constructor(options: LimiterOptions, inserts = 0, samples = 0) {
    const { samplesPerInsert, minimum, tolerance, insertsAtOnce, samplesAtOnce } = options;
    this.#options = options;
    this.#slack = Math.max(tolerance * samplesPerInsert * minimum, samplesPerInsert * insertsAtOnce, samplesAtOnce);
    this.#inserts = inserts;
    this.#samples = samples;
  }

  /** Samples that the inserted transitions have coming, beyond those of the minimum. */
  get #ahead(): number {
    const { samplesPerInsert, minimum } = this.#options;
    return (this.#inserts - minimum) * samplesPerInsert - this.#samples;
  }

  get mayInsert(): boolean {
    return this.#inserts < this.#options.minimum || this.#ahead <= this.#slack;
  }

  get maySample(): boolean {
    return this.#inserts >= this.#options.minimum && this.#ahead >= -this.#slack;
  }

  inserted(count: number): void {
    this.#inserts += count;
  }

  sampled(count: number): void {
    this.#samples += count;
  }

  /** Samples for each transition after the minimum; 0 before. */
  get ratio(): number {
    const after = this.#inserts - this.#options.minimum;
    return after <= 0 ? 0 : this.#samples / after;
  }
}
