/** Gradients that TensorFlow.js computes wrongly or in needlessly many operations, for all backends. */

import {
  addN,
  type GradConfig,
  pad,
  registerGradient,
  reshape,
  reverse,
  slice,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

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

/** Adds the numbers that padding along an axis mirrored to those that they are copies of. */
function foldMirrored(dy: Tensor, axis: number, margins: readonly [number, number], skipped: number): Tensor {
  const [before, after] = margins;
  const size = dy.shape[axis]! - before - after;
  const along = <T>(value: T, other: (length: number) => T) =>
    dy.shape.map((length, d) => (d === axis ? value : other(length)));
  const part = (from: number, count: number) =>
    slice(
      dy,
      along(from, () => 0),
      along(count, (length) => length),
    );
  const folded = (from: number, count: number, to: number): Tensor[] => {
    if (count === 0) return [];
    const place = along<[number, number]>([to, size - to - count], () => [0, 0]);
    return [pad(reverse(part(from, count), axis), place)];
  };
  return addN([
    part(before, size),
    ...folded(0, before, skipped),
    ...folded(before + size, after, size - skipped - after),
  ]);
}

/** TensorFlow.js leaves out what reaches a number through its mirror images. */
const mirrorPadGradient: GradConfig = {
  kernelName: 'MirrorPad',
  gradFunc: (dy, _saved, attrs) => ({
    x: () => {
      const { paddings, mode } = attrs as unknown as {
        readonly paddings: readonly (readonly [number, number])[];
        readonly mode: 'reflect' | 'symmetric';
      };
      const skipped = mode === 'reflect' ? 1 : 0;
      // Axes were padded one after another: the last comes back first.
      return paddings.reduceRight((error, margins, axis) => foldMirrored(error, axis, margins, skipped), dy as Tensor);
    },
  }),
};

registerGradient(tileGradient);
registerGradient(mirrorPadGradient);
