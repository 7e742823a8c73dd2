/**
 * Activations that tfjs's layers lack. Importing this module registers them, so that `activation: 'leakyRelu'` works in
 * any layer and in saved models.
 */

import { cos, leakyRelu, serialization, type Tensor } from '@tensorflow/tfjs-core';
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

serialization.registerClass(LeakyRelu);
serialization.registerClass(Cosine);

/** A name as the type that tfjs's layers want, which does not know of added ones. */
export function activation(name: ActivationName): NonNullable<Parameters<typeof layers.dense>[0]['activation']> {
  return name as 'linear';
}
