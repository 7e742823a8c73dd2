/** Travelling salesman problems: the shortest round trip through all cities. */

import { SkeinError } from '@skein/core';
import { permutations } from '../encodings/permutations.ts';
import type { Problem } from './problem.ts';

/** A point in the plane, or latitude and longitude. */
export type City = readonly [number, number];

/** A tour problem from a symmetric matrix of distances [n, n] and the length and order of its shortest tour. */
export function tour(
  name: string,
  distances: readonly Float64Array[],
  optimum: number,
  solution: ArrayLike<number>,
): Problem<Int32Array, Int32Array> {
  const encoding = permutations(distances.length);
  return {
    name,
    encoding,
    maximise: false,
    optimum,
    solution: encoding.encode(Int32Array.from(solution)),
    fitness: (cities) => tourLength(cities, distances),
  };
}

/** Length of the closed tour. */
export function tourLength(cities: Int32Array, distances: readonly Float64Array[]): number {
  let length = 0;
  let from = cities[cities.length - 1]!;
  for (let j = 0; j < cities.length; j++) {
    const to = cities[j]!;
    length += distances[from]![to]!;
    from = to;
  }
  return length;
}

/** Distances between all cities, [n, n]. */
export function distanceMatrix(
  cities: readonly City[],
  distance: (a: City, b: City) => number = euclidean,
): Float64Array[] {
  return cities.map((a) => Float64Array.from(cities, (b) => distance(a, b)));
}

const euclidean = (a: City, b: City): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** n cities evenly on a circle of radius 1, in a scrambled order: the shortest tour goes around. */
export function circleTour(n = 30): Problem<Int32Array, Int32Array> {
  if (!Number.isInteger(n) || n < 3) throw new SkeinError('INPUT', `circleTour(n): expected at least 3, got ${n}`);
  // Multiplying by a number coprime to n scrambles 0..n-1 without randomness.
  const stride = coprimeNear(n, Math.floor(n * 0.38));
  const placeOf = (city: number) => (city * stride) % n;
  const cities = Array.from({ length: n }, (_, city): City => {
    const angle = (2 * Math.PI * placeOf(city)) / n;
    return [Math.cos(angle), Math.sin(angle)];
  });
  const around = Array.from({ length: n }, (_, city) => city).sort((a, b) => placeOf(a) - placeOf(b));
  return tour(`circle-${n}`, distanceMatrix(cities), 2 * n * Math.sin(Math.PI / n), around);
}

function coprimeNear(n: number, start: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let k = Math.max(1, start);
  while (gcd(n, k) !== 1) k++;
  return k;
}

/** Degrees and minutes (DDD.MM), latitude and longitude, of TSPLIB's burma14. */
const BURMA: readonly City[] = [
  [16.47, 96.1],
  [16.47, 94.44],
  [20.09, 92.54],
  [22.39, 93.37],
  [25.23, 97.24],
  [22.0, 96.05],
  [20.47, 97.02],
  [17.2, 96.29],
  [16.3, 97.38],
  [14.05, 98.12],
  [16.53, 97.38],
  [21.52, 95.59],
  [19.41, 97.13],
  [20.09, 94.55],
];

/** TSPLIB's burma14: 14 cities, whole kilometres on a globe of radius 6378.388; the shortest tour has 3323 km. */
export function burma14(): Problem<Int32Array, Int32Array> {
  return tour('burma14', distanceMatrix(BURMA, geographical), 3323, [0, 1, 13, 2, 3, 4, 5, 11, 6, 12, 7, 10, 8, 9]);
}

/** TSPLIB's GEO distance with its rounding. Its shortened pi gives the same kilometres on these cities. */
function geographical(a: City, b: City): number {
  const radians = (x: number) => (Math.PI * (Math.trunc(x) + (5 * (x - Math.trunc(x))) / 3)) / 180;
  const [latitude, otherLatitude] = [radians(a[0]), radians(b[0])];
  const q1 = Math.cos(radians(a[1]) - radians(b[1]));
  const q2 = Math.cos(latitude - otherLatitude);
  const q3 = Math.cos(latitude + otherLatitude);
  if (a === b) return 0;
  return Math.trunc(6378.388 * Math.acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1);
}
