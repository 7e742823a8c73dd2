/** Dropout and noise layers that compiled functions can replay: what they draw comes from a `RandomStream`. */

import { type Rng, restoreRng, SkeinError } from '@skein/core';
import { add, mul, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { createRandomStream, type RandomState, type RandomStream } from '../random.ts';

type LayerArguments = ConstructorParameters<typeof layers.Layer>[0];

/** A layer that acts only with `training: true`, as tfjs's do, with a random stream that is saved with the model. */
export abstract class SeededLayer extends layers.Layer {
  readonly stream: RandomStream;

  constructor(config: { readonly rng: Rng }) {
    super(config as LayerArguments);
    this.stream = createRandomStream(config.rng);
    this.supportsMasking = true;
  }

  /** What becomes of the input in training. */
  protected abstract disturb(x: Tensor): Tensor;

  override call(inputs: Tensor | Tensor[], kwargs: { readonly training?: boolean }): Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return kwargs.training === true ? this.disturb(x) : x.clone();
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), state: [...this.stream.state()] };
  }

  static override fromConfig<T extends serialization.Serializable>(
    type: serialization.SerializableConstructor<T>,
    { state, ...config }: serialization.ConfigDict,
  ): T {
    return new type({ ...config, rng: rngAt(state as unknown as RandomState) } as unknown as serialization.ConfigDict);
  }
}

function rngAt([key0, key1, low, high]: RandomState): Rng {
  return restoreRng({ key: [key0, key1], counter: (low >>> 0) + high * 2 ** 32 });
}

function checkRate(layer: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new SkeinError('CONFIG', `${layer}: rate: expected a number in [0, 1), got ${rate}`);
}

export interface DropoutOptions {
  /** Probability that an element is zeroed while training. */
  readonly rate: number;
  readonly rng: Rng;
  /**
   * Axes of the input along which all elements share their fate, e.g. `[1, 2]` of images `[batch, height, width,
   * channels]`: whole channels are zeroed (spatial dropout, Tompson et al., 2015).
   */
  readonly sharedAxes?: readonly number[];
}

/** `tf.layers.dropout` with its own random stream. */
export class SeededDropout extends SeededLayer {
  static readonly className = 'SeededDropout';
  readonly rate: number;
  private readonly sharedAxes: readonly number[];

  constructor(config: DropoutOptions) {
    super(config);
    checkRate('dropout', config.rate);
    this.rate = config.rate;
    this.sharedAxes = config.sharedAxes ?? [];
  }

  protected override disturb(x: Tensor): Tensor {
    if (this.rate === 0) return x.clone();
    if (this.sharedAxes.length === 0) return this.stream.dropout(x, this.rate);
    const shape = x.shape.map((size, axis) => (this.sharedAxes.includes(axis) ? 1 : size));
    return mul(
      x,
      this.stream
        .bernoulli(shape, 1 - this.rate)
        .toFloat()
        .div(1 - this.rate),
    );
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, sharedAxes: [...this.sharedAxes] };
  }
}

export interface GaussianDropoutOptions {
  /** The factors have the variance rate / (1 - rate) of dropout's. */
  readonly rate: number;
  readonly rng: Rng;
}

/** Elements times normal numbers around 1 (Srivastava et al., 2014, section 10). */
export class SeededGaussianDropout extends SeededLayer {
  static readonly className = 'SeededGaussianDropout';
  private readonly rate: number;

  constructor(config: GaussianDropoutOptions) {
    super(config);
    checkRate('gaussianDropout', config.rate);
    this.rate = config.rate;
  }

  protected override disturb(x: Tensor): Tensor {
    return mul(x, this.stream.normal(x.shape, 1, Math.sqrt(this.rate / (1 - this.rate))));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate };
  }
}

export interface GaussianNoiseOptions {
  /** Standard deviation. */
  readonly stddev: number;
  readonly rng: Rng;
}

/** Elements plus normal numbers. */
export class SeededGaussianNoise extends SeededLayer {
  static readonly className = 'SeededGaussianNoise';
  private readonly stddev: number;

  constructor(config: GaussianNoiseOptions) {
    super(config);
    this.stddev = config.stddev;
  }

  protected override disturb(x: Tensor): Tensor {
    return add(x, this.stream.normal(x.shape, 0, this.stddev));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), stddev: this.stddev };
  }
}

for (const type of [SeededDropout, SeededGaussianDropout, SeededGaussianNoise]) serialization.registerClass(type);

/** A dropout layer whose masks depend on nothing but its `Rng`. Throws `CONFIG` for a rate outside of [0, 1). */
export function dropout(options: DropoutOptions): SeededDropout {
  return new SeededDropout(options);
}

/** Multiplicative normal noise with the variance of dropout. Throws `CONFIG` for a rate outside of [0, 1). */
export function gaussianDropout(options: GaussianDropoutOptions): SeededGaussianDropout {
  return new SeededGaussianDropout(options);
}

/** Additive normal noise. */
export function gaussianNoise(options: GaussianNoiseOptions): SeededGaussianNoise {
  return new SeededGaussianNoise(options);
}
