/** Problems on bit strings. */

import { twoPoint } from '../crossover/points.ts';
import { decode } from '../encodings/binary.ts';
import { bits } from '../encodings/strings.ts';
import { tournament } from '../selection/competitive.ts';
import type { Problem } from './problem.ts';

/**
 * Maximise x^2 over the integers in [0, 2^length - 1], written in plain binary. With 5 bits that is [0, 31] and the
 * maximum is 961 at 31.
 */
export function xSquared(length = 5): Problem<Uint8Array, Uint8Array> {
  return {
    name: 'x-squared',
    encoding: bits(length),
    maximise: true,
    optimum: (2 ** length - 1) ** 2,
    solution: new Uint8Array(length).fill(1),
    fitness: (string) => decode(string) ** 2,
  };
}

/** Maximise the number of ones. */
export function oneMax(length = 100): Problem<Uint8Array, Uint8Array> {
  return {
    name: 'onemax',
    encoding: bits(length),
    maximise: true,
    optimum: length,
    solution: new Uint8Array(length).fill(1),
    fitness: countOnes,
    selection: tournament(3),
    crossover: twoPoint(),
  };
}

function countOnes(string: Uint8Array): number {
  let ones = 0;
  for (let j = 0; j < string.length; j++) ones += string[j]!;
  return ones;
}
