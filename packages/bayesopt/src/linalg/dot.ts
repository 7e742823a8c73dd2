/** The inner loop that is not worth a call of the module. Matrices are flat and row-major. */

/** Dot product of a[i .. i+n) and b[j .. j+n). */
export function dot(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let k = 0;
  for (; k + 1 < n; k += 2) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
  }
  return k < n ? s0 + s1 + a[i + k]! * b[j + k]! : s0 + s1;
}
