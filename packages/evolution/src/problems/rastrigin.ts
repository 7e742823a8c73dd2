/** Rastrigin's function of one vector and of many: both take the same steps in the same order, so their bits are equal. */

import { workspace } from '../kernels/module.ts';
import type { Population } from '../population.ts';

/** The sum of x^2 + 20 sin^2(pi x): even and odd places apart, then both sums. */
export function rastriginOf(x: Float64Array): number {
  let [even, odd] = [0, 0];
  for (let j = 0; j + 1 < x.length; j += 2) {
    even += summand(x[j]!);
    odd += summand(x[j + 1]!);
  }
  return (x.length & 1) === 1 ? even + summand(x[x.length - 1]!) + odd : even + odd;
}

/** Bytes of genes that are copied to the kernel at a time. */
const BLOCK_BYTES = 65_536;

/** The function of every row. */
export function rastriginOfAll({ size, length, genes }: Population): Float64Array {
  const values = new Float64Array(size);
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (8 * length)));
  const space = workspace();
  const [rows, out] = [space.take(8 * length * most), space.take(8 * most)];
  for (let from = 0; from < size; from += most) {
    const count = Math.min(most, size - from);
    space.f64.set(genes.subarray(from * length, (from + count) * length), rows >> 3);
    space.kernels.rastrigin(rows, count, length, out);
    values.set(space.numbers(out, count), from);
  }
  return values;
}

function summand(x: number): number {
  const wave = sinePi(x - nearest(x));
  return x * x + 20 * (wave * wave);
}

/** The nearest whole number, of two the even one; for |x| < 2^51. */
function nearest(x: number): number {
  return x + 6755399441055744 - 6755399441055744;
}

/**
 * sin(pi t) for |t| <= 1/2: an odd polynomial, to the last places, several times as fast as Math.sin(Math.PI * t), and
 * exactly 0 where t is.
 */
function sinePi(t: number): number {
  const s = t * t;
  const s2 = s * s;
  const p01 = -5.167712780049969 * s + Math.PI;
  const p23 = -0.5992645293187383 * s + 2.550164039877294;
  const p45 = -7.370430478763414e-3 * s + 0.0821458865698929;
  const p67 = -2.1903185414355263e-5 * s + 4.6629968877320193e-4;
  const high = (7.694727227762676e-7 * s2 + p67) * s2 + p45;
  return (high * (s2 * s2) + (p23 * s2 + p01)) * t;
}
