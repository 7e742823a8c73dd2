/** A dropout layer that compiled functions can replay: its masks come from a `RandomStream`. */

import { type Rng, restoreRng } from '@skein/core';
import { serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { createRandomStream, type RandomState, type RandomStream } from '../random.ts';

type LayerArguments = ConstructorParameters<typeof layers.Layer>[0];

export interface DropoutOptions {
  /** Probability that an element is zeroed while training. */
  readonly rate: number;
  readonly rng: Rng;
}

interface DropoutConfig extends serialization.ConfigDict {
  rate: number;
  state: number[];
}

/** `tf.layers.dropout` with its own random stream; active only with `training: true`, as there. */
export class SeededDropout extends layers.Layer {
  static readonly className = 'SeededDropout';
  readonly rate: number;
  readonly stream: RandomStream;

  constructor(config: DropoutOptions & LayerArguments) {
    super(config);
    this.rate = config.rate;
    this.stream = createRandomStream(config.rng);
    this.supportsMasking = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: { readonly training?: boolean }): Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return kwargs.training === true && this.rate > 0 ? this.stream.dropout(x, this.rate) : x.clone();
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, state: [...this.stream.state()] };
  }

  static override fromConfig<T extends serialization.Serializable>(
    type: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const { state, rate, ...rest } = config as DropoutConfig;
    return new type({
      ...rest,
      rate,
      rng: rngAt(state as unknown as RandomState),
    } as unknown as serialization.ConfigDict);
  }
}

function rngAt([key0, key1, low, high]: RandomState): Rng {
  return restoreRng({ key: [key0, key1], counter: (low >>> 0) + high * 2 ** 32 });
}

serialization.registerClass(SeededDropout);

/** A dropout layer whose masks depend on nothing but its `Rng`. */
export function dropout(options: DropoutOptions): SeededDropout {
  return new SeededDropout(options as DropoutOptions & LayerArguments);
}
