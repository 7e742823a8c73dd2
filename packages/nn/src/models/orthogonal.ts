/**
 * Orthonormal vectors, and TensorFlow.js's orthogonal initialiser made from them. Its own works by operations on tensors,
 * which are slow and fail where tensors cannot be read synchronously. Importing this module replaces it.
 */

import { SkeinError } from '@skein/core';
import { type DataType, type Rank, randomNormal, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { initializers } from '@tensorflow/tfjs-layers';

/**
 * Makes independent vectors orthonormal in place: the columns Q of the decomposition A = Q R whose R has a positive
 * diagonal. Of normal numbers that is the uniform distribution of orthogonal matrices (Mezzadri, 2007), and modified
 * Gram-Schmidt in double precision leaves errors far below single precision.
 */
export function orthonormalise(vectors: readonly Float64Array[]): void {
  for (const [i, vector] of vectors.entries()) {
    for (let j = 0; j < i; j++) subtractProjection(vector, vectors[j]!);
    const norm = Math.hypot(...vector);
    for (let k = 0; k < vector.length; k++) vector[k]! /= norm;
  }
}

/** Takes the part along a unit vector out of a vector. */
function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let k = 0; k < vector.length; k++) product += vector[k]! * unit[k]!;
  for (let k = 0; k < vector.length; k++) vector[k]! -= product * unit[k]!;
}

/**
 * A row-major matrix of these vectors: as its columns, or as its rows where it has more columns than rows.
 */
export function matrixOf(vectors: readonly Float64Array[], rows: number, columns: number, gain = 1): Float32Array {
  const values = new Float32Array(rows * columns);
  const [step, next] = rows < columns ? [columns, 1] : [1, columns];
  for (const [i, vector] of vectors.entries()) {
    for (let k = 0; k < vector.length; k++) values[i * step + k * next] = gain * vector[k]!;
  }
  return values;
}

/** The fields of tfjs's initialiser. */
interface Orthogonal {
  readonly gain: number;
  readonly seed?: number;
}

/** What tfjs's own gives for this seed, to rounding: it draws the vectors as columns of one matrix. */
function draw({ gain, seed }: Orthogonal, shape: readonly number[]): Float32Array {
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, n) => product * n, 1);
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const normal = tidy(() => randomNormal([length, count], 0, 1, 'float32', seed).dataSync());
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_, k) => normal[k * count + i]!),
  );
  orthonormalise(vectors);
  return matrixOf(vectors, rows, columns, gain);
}

type Apply = (this: Orthogonal, shape: number[], dtype?: DataType) => Tensor<Rank>;

const { prototype } = initializers.orthogonal({}).constructor as unknown as { readonly prototype: { apply: Apply } };

prototype.apply = function apply(shape, dtype = 'float32') {
  if (shape.length < 2 || dtype !== 'float32') {
    throw new SkeinError(
      'SHAPE',
      `orthogonal initialiser: expected float32 of 2 dimensions or more, got ${dtype} [${shape}]`,
    );
  }
  return tensor(draw(this, shape), shape);
};
