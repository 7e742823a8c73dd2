/** Layers that tfjs lacks. Importing this module registers them, so that saved models come back. */

import {
  add,
  elu as eluOf,
  matMul,
  max,
  mul,
  relu,
  reshape,
  serialization,
  sub,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { initializers, layers } from '@tensorflow/tfjs-layers';

type LayerArguments = ConstructorParameters<typeof layers.Layer>[0];
type Shape = (number | null)[];

/** The one input of a layer. */
const one = <T>(inputs: T | T[]): T => (Array.isArray(inputs) ? inputs[0]! : inputs);

export interface MaxoutOptions {
  /** Outputs. */
  readonly units: number;
  /** Affine functions of which each output is the greatest. */
  readonly pieces?: number;
  readonly inputShape?: number[];
  readonly name?: string;
}

export const MAXOUT_DEFAULTS = { pieces: 2 } as const satisfies Partial<MaxoutOptions>;

/**
 * max_k (x w_k + b_k): a convex piecewise-linear activation that is learned, ReLU and leaky ReLU being special cases
 * (Goodfellow et al., 2013). `[batch, ..., inputs]` -> `[batch, ..., units]`.
 */
export class Maxout extends layers.Layer {
  static readonly className = 'Maxout';
  private readonly units: number;
  private readonly pieces: number;
  private kernel!: ReturnType<Maxout['addWeight']>;
  private bias!: ReturnType<Maxout['addWeight']>;

  constructor(config: MaxoutOptions) {
    super(config as LayerArguments);
    this.units = config.units;
    this.pieces = config.pieces ?? MAXOUT_DEFAULTS.pieces;
    this.supportsMasking = true;
  }

  override build(inputShape: Shape | Shape[]): void {
    const inputs = (inputShape as Shape).at(-1)!;
    const width = this.pieces * this.units;
    this.kernel = this.addWeight('kernel', [inputs, width], 'float32', initializers.glorotUniform({}));
    this.bias = this.addWeight('bias', [width], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...(inputShape as Shape).slice(0, -1), this.units];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = one(inputs);
    const rows = reshape(x, [-1, x.shape.at(-1)!]);
    const sums = add(matMul(rows, this.kernel.read()), this.bias.read());
    const greatest = max(reshape(sums, [-1, this.pieces, this.units]), 1);
    return reshape(greatest, [...x.shape.slice(0, -1), this.units]);
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), units: this.units, pieces: this.pieces };
  }
}

export interface EluOptions {
  /** Minus the value far below zero. */
  readonly alpha: number;
  readonly inputShape?: number[];
  readonly name?: string;
}

/** x above zero, else alpha (e^x - 1) (Clevert et al., 2016); `tf.layers.elu` knows alpha 1 only. */
export class ScaledElu extends layers.Layer {
  static readonly className = 'ScaledElu';
  private readonly alpha: number;

  constructor(config: EluOptions) {
    super(config as LayerArguments);
    this.alpha = config.alpha;
    this.supportsMasking = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const x = one(inputs);
    const positive = relu(x);
    // elu(x) - relu(x) is e^x - 1 below zero, and zero above.
    return add(positive, mul(sub(eluOf(x), positive), this.alpha));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

serialization.registerClass(Maxout);
serialization.registerClass(ScaledElu);

/** A layer of units that are each the greatest of several affine functions of the input. */
export function maxout(options: MaxoutOptions): Maxout {
  return new Maxout(options);
}

/** The exponential linear unit with any alpha, as a layer. */
export function elu(options: EluOptions): ScaledElu {
  return new ScaledElu(options);
}
