/** TensorFlow.js as one namespace: core and layers, with chained operations and the `simd` backend registered. */

import './chained.ts';
import './gradients.ts';
import './layer-norm.ts';
import './models/orthogonal.ts';
import './simd/register.ts';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
