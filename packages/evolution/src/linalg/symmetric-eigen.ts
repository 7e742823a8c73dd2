/**
 * Eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to tridiagonal form, then the implicit
 * QL iteration (EISPACK's tred2 and tql2, public domain; Martin, Reinsch and Wilkinson 1968).
 * Notation. A = Q diag(values) Q^T, n x n row-major. d: diagonal, e: subdiagonal of the tridiagonal form.
 */

import { SkeinError } from '@skein/core';

/** Eigenvalues ascending, and the eigenvector of values[i] in row i of `vectors`, [n, n]. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** Decomposes the symmetric matrix `a` [n, n], of which only the lower triangle is used. Throws `NUMERIC` if it is not finite. */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  if (!a.every(Number.isFinite)) refuse();
  const v = a.slice();
  const d = new Float64Array(n);
  const e = new Float64Array(n);
  tridiagonalise(v, d, e, n);
  transpose(v, n);
  iterateQl(v, d, e, n);
  return sorted(v, d, n);
}

/** Householder reduction. On return `v` holds the transformation by columns. */
function tridiagonalise(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) d[j] = v[(n - 1) * n + j]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    const h = scale === 0 ? skipRow(v, d, e, i, n) : reflectRow(v, d, e, i, n, scale);
    d[i] = h;
  }
  accumulate(v, d, n);
  for (let j = 0; j < n; j++) {
    d[j] = v[(n - 1) * n + j]!;
    v[(n - 1) * n + j] = 0;
  }
  v[n * n - 1] = 1;
  e[0] = 0;
}

function skipRow(v: Float64Array, d: Float64Array, e: Float64Array, i: number, n: number): number {
  e[i] = d[i - 1]!;
  for (let j = 0; j < i; j++) {
    d[j] = v[(i - 1) * n + j]!;
    v[i * n + j] = 0;
    v[j * n + i] = 0;
  }
  return 0;
}

/** One Householder reflection; returns its h = u^T u / 2. */
function reflectRow(v: Float64Array, d: Float64Array, e: Float64Array, i: number, n: number, scale: number): number {
  let h = 0;
  for (let k = 0; k < i; k++) {
    d[k]! /= scale;
    h += d[k]! * d[k]!;
  }
  const f = d[i - 1]!;
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g;
  h -= f * g;
  d[i - 1] = f - g;
  multiplySymmetric(v, d, e, i, n);
  rankTwoUpdate(v, d, e, i, n, h);
  return h;
}

/** e = V d over the leading i x i block of which the lower triangle is stored; keeps d in column i. */
function multiplySymmetric(v: Float64Array, d: Float64Array, e: Float64Array, i: number, n: number): void {
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const dj = d[j]!;
    v[j * n + i] = dj;
    let sum = v[j * n + j]! * dj;
    const row = j * n;
    for (let k = 0; k < j; k++) {
      sum += v[row + k]! * d[k]!;
      e[k]! += v[row + k]! * dj;
    }
    e[j]! += sum;
  }
}

function rankTwoUpdate(v: Float64Array, d: Float64Array, e: Float64Array, i: number, n: number, h: number): void {
  let f = 0;
  for (let j = 0; j < i; j++) {
    e[j]! /= h;
    f += e[j]! * d[j]!;
  }
  const half = f / (h + h);
  for (let j = 0; j < i; j++) e[j]! -= half * d[j]!;
  for (let k = 0; k < i; k++) {
    const row = k * n;
    for (let j = 0; j <= k; j++) v[row + j]! -= d[j]! * e[k]! + e[j]! * d[k]!;
  }
  for (let j = 0; j < i; j++) {
    d[j] = v[(i - 1) * n + j]!;
    v[i * n + j] = 0;
  }
}

/** Multiplies the reflections together. */
function accumulate(v: Float64Array, d: Float64Array, n: number): void {
  const g = new Float64Array(n);
  for (let i = 0; i < n - 1; i++) {
    v[(n - 1) * n + i] = v[i * n + i]!;
    v[i * n + i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) applyReflection(v, d, g, i, n, h);
    for (let k = 0; k <= i; k++) v[k * n + i + 1] = 0;
  }
}

function applyReflection(v: Float64Array, d: Float64Array, g: Float64Array, i: number, n: number, h: number): void {
  g.fill(0, 0, i + 1);
  for (let k = 0; k <= i; k++) {
    const u = v[k * n + i + 1]!;
    d[k] = u / h;
    for (let j = 0; j <= i; j++) g[j]! += u * v[k * n + j]!;
  }
  for (let k = 0; k <= i; k++) {
    const scaled = d[k]!;
    for (let j = 0; j <= i; j++) v[k * n + j]! -= g[j]! * scaled;
  }
}

function transpose(v: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const kept = v[i * n + j]!;
      v[i * n + j] = v[j * n + i]!;
      v[j * n + i] = kept;
    }
  }
}

const MOST_SWEEPS = 60;

/** Implicit QL. The rows of `v` become the eigenvectors, `d` the eigenvalues. */
function iterateQl(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * largest) m++;
    for (let sweep = 0; m > l && Math.abs(e[l]!) > Number.EPSILON * largest; sweep++) {
      if (sweep === MOST_SWEEPS) refuse();
      shift += qlSweep(v, d, e, l, m, n);
    }
    d[l]! += shift;
    e[l] = 0;
  }
}

/** One QL sweep over rows l..m; returns the shift that it took off the diagonal. */
function qlSweep(v: Float64Array, d: Float64Array, e: Float64Array, l: number, m: number, n: number): number {
  const g = d[l]!;
  let p = (d[l + 1]! - g) / (2 * e[l]!);
  const root = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l]! / (p + root);
  d[l + 1] = e[l]! * (p + root);
  const next = d[l + 1]!;
  const shift = g - d[l]!;
  for (let i = l + 2; i < n; i++) d[i]! -= shift;
  p = d[m]!;
  const above = e[l + 1]!;
  let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0];
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const b = c * e[i]!;
    const h = c * p;
    const r = Math.sqrt(p * p + e[i]! * e[i]!);
    e[i + 1] = s * r;
    s = e[i]! / r;
    c = p / r;
    p = c * d[i]! - s * b;
    d[i + 1] = h + s * (c * b + s * d[i]!);
    rotateRows(v, i, c, s, n);
  }
  p = (-s * s2 * c3 * above * e[l]!) / next;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

/** Rotates the rows i and i + 1. */
function rotateRows(v: Float64Array, i: number, c: number, s: number, n: number): void {
  const low = i * n;
  const high = low + n;
  for (let k = 0; k < n; k++) {
    const x = v[high + k]!;
    const y = v[low + k]!;
    v[high + k] = s * y + c * x;
    v[low + k] = c * y - s * x;
  }
}

function refuse(): never {
  throw new SkeinError('NUMERIC', 'symmetricEigen: expected a finite symmetric matrix, got one without eigenvalues', {
    advice: 'look for NaN or infinite entries in the matrix',
  });
}

function sorted(v: Float64Array, d: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(d.keys()).sort((a, b) => d[a]! - d[b]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(v.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}
