/** Gradients that TensorFlow.js computes in needlessly many operations, for all backends. */

import { type GradConfig, registerGradient, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/** The sum over all copies; TensorFlow.js adds them one by one (layer normalisation repeats its scale for each row). */
const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { reps } = attrs as unknown as { readonly reps: readonly number[] };
      const split = x!.shape.flatMap((size, axis) => (reps[axis] === 1 ? [size] : [reps[axis]!, size]));
      const copies = reps.flatMap((count, axis) => {
        const before = reps.slice(0, axis).filter((other) => other !== 1).length;
        return count === 1 ? [] : [axis + before];
      });
      return copies.length === 0 ? (dy as Tensor) : sum(reshape(dy as Tensor, split), copies);
    },
  }),
};

registerGradient(tileGradient);
