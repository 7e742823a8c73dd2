/**
 * Activations that tfjs's layers lack. Importing this module registers them, so that `activation: 'leakyRelu'` works in
 * any layer and in saved models.
 */

import {
  cast,
  cos,
  customGrad,
  greaterEqual,
  leakyRelu,
  serialization,
  type Tensor,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import type { Activation as ActivationName } from './initialise.ts';

/** What tfjs's layers call; its own base class is not exported. */
abstract class Activation extends serialization.Serializable {
  abstract apply(x: Tensor): Tensor;

  getConfig(): serialization.ConfigDict {
    return {};
  }
}

/** x, or 0.01 x below zero: a unit that fell silent still gets a gradient (Maas et al., 2013). */
class LeakyRelu extends Activation {
  static readonly className = 'leakyRelu';
  apply(x: Tensor): Tensor {
    return leakyRelu(x, 0.01);
  }
}

/** cos x: with random frequencies, the features of a Gaussian kernel (Rahimi and Recht, 2007). */
class Cosine extends Activation {
  static readonly className = 'cosine';
  apply(x: Tensor): Tensor {
    return cos(x);
  }
}

/** 1 from zero on, else 0: the perceptron's. Its gradient is zero everywhere, so that nothing below it learns. */
class Step extends Activation {
  static readonly className = 'step';
  apply(x: Tensor): Tensor {
    return threshold(x);
  }
}

const threshold = customGrad((x) => ({
  value: cast(greaterEqual(x as Tensor, 0), 'float32'),
  gradFunc: (dy) => zerosLike(dy),
}));

serialization.registerClass(LeakyRelu);
serialization.registerClass(Cosine);
serialization.registerClass(Step);

/** A name as the type that tfjs's layers want, which does not know of added ones. */
export function activation(name: ActivationName): NonNullable<Parameters<typeof layers.dense>[0]['activation']> {
  return name as 'linear';
}
