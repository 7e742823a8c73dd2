/**
 * Noisy layers (Fortunato et al., "Noisy networks for exploration", arXiv:1706.10295) with factorised Gaussian noise: an
 * agent that learns how much to explore, and where. Weights are mean + sigma * noise, the noise of weight (i, j) being
 * f(e_i) f(e_j) with f(x) = sign(x) sqrt|x|, one normal number e for each input and each output.
 *
 * The normal numbers are given, by `setNoise`, so that they come from the run's own random streams and compiled
 * functions replay. Without `training: true` a layer is a dense one with the mean weights: how a trained agent acts.
 */

import { createRng, type Rng } from '@skein/core';
import { tf } from '@skein/nn';

type LayerArguments = ConstructorParameters<typeof tf.layers.Layer>[0];

/** What `noisyDense` takes. */
export interface NoisyDenseOptions {
  readonly units: number;
  /** Source of the first mean weights, uniform within 1 / sqrt(inputs). */
  readonly rng: Rng;
  /** The first sigma is this over sqrt(inputs). */
  readonly sigma?: number;
}

export const NOISY_DEFAULTS = { sigma: 0.5 } as const satisfies Partial<NoisyDenseOptions>;

/** A linear layer with noise on its weights. */
export class NoisyDense extends tf.layers.Layer {
  static readonly className = 'NoisyDense';
  readonly #options: Required<NoisyDenseOptions>;
  #inputs = 0;
  /** Factors of the present noise, `[rows, inputs]` and `[rows, units]`; rows may be 1. */
  #noise: { readonly inputs: tf.Tensor; readonly outputs: tf.Tensor } | null = null;

  constructor(config: NoisyDenseOptions & LayerArguments) {
    const { units, rng, sigma, ...rest } = config;
    super(rest);
    this.#options = { units, rng, sigma: sigma ?? NOISY_DEFAULTS.sigma };
  }

  /** Normal numbers of one draw: inputs, then outputs. */
  get noiseSize(): number {
    return this.#inputs + this.#options.units;
  }

  override build(shape: tf.Shape | tf.Shape[]): void {
    const inputs = (shape as tf.Shape).at(-1)!;
    const { units, rng, sigma } = this.#options;
    const bound = 1 / Math.sqrt(inputs);
    const constant = tf.initializers.constant({ value: sigma * bound });
    const [kernel, bias] = [
      this.addWeight('kernel', [inputs, units], 'float32', tf.initializers.zeros()),
      this.addWeight('bias', [units], 'float32', tf.initializers.zeros()),
    ];
    this.addWeight('kernelSigma', [inputs, units], 'float32', constant);
    this.addWeight('biasSigma', [units], 'float32', constant);
    tf.tidy(() => {
      const draw = (label: string, size: number) => rng.split(label).fillUniform(new Float32Array(size), -bound, bound);
      kernel.write(tf.tensor2d(draw('kernel', inputs * units), [inputs, units]));
      bias.write(tf.tensor1d(draw('bias', units)));
    });
    this.#inputs = inputs;
    super.build(shape);
  }

  /** Sets the noise of the calls that follow: normal numbers `[rows, noiseSize]`, a row for each of the batch or one for all. */
  setNoise(normal: tf.Tensor2D): void {
    const factor = (x: tf.Tensor) => tf.mul(tf.sign(x), tf.sqrt(tf.abs(x)));
    this.#noise = {
      inputs: factor(tf.slice2d(normal, [0, 0], [-1, this.#inputs])),
      outputs: factor(tf.slice2d(normal, [0, this.#inputs], [-1, this.#options.units])),
    };
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { readonly training?: boolean }): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const [kernel, bias, kernelSigma, biasSigma] = this.weights.map((weight) => weight.read()) as [
      tf.Tensor2D,
      tf.Tensor1D,
      tf.Tensor2D,
      tf.Tensor1D,
    ];
    return tf.tidy(() => {
      const mean = tf.add(tf.matMul(x, kernel), bias);
      if (kwargs.training !== true || this.#noise === null) return mean;
      const noisy = tf.add(tf.matMul(tf.mul(x, this.#noise.inputs), kernelSigma), biasSigma);
      return tf.add(mean, tf.mul(noisy, this.#noise.outputs));
    });
  }

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape {
    return [...(shape as tf.Shape).slice(0, -1), this.#options.units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { units, sigma } = this.#options;
    return { ...super.getConfig(), units, sigma };
  }

  /** A layer from its configuration: its weights are set afterwards, so what they are drawn from does not matter. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    type: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new type({ ...config, rng: createRng(0) } as unknown as tf.serialization.ConfigDict);
  }
}

tf.serialization.registerClass(NoisyDense);

/** A noisy linear layer for models of one's own. */
export function noisyDense(options: NoisyDenseOptions): NoisyDense {
  return new NoisyDense(options as NoisyDenseOptions & LayerArguments);
}

const noisyLayers = (model: tf.LayersModel): NoisyDense[] =>
  model.layers.filter((layer): layer is NoisyDense => layer instanceof NoisyDense);

/** Normal numbers of one draw of all noisy layers of a model; 0 if it has none. */
export function noiseSize(model: tf.LayersModel): number {
  return noisyLayers(model).reduce((sum, layer) => sum + layer.noiseSize, 0);
}

/** Sets the noise of all noisy layers of a model: normal numbers `[rows, noiseSize(model)]`, a row for each of the batch or one for all. */
export function setNoise(model: tf.LayersModel, normal: tf.Tensor): void {
  let from = 0;
  for (const layer of noisyLayers(model)) {
    layer.setNoise(tf.slice2d(normal as tf.Tensor2D, [0, from], [-1, layer.noiseSize]));
    from += layer.noiseSize;
  }
}
