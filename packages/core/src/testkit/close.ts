/** One numeric comparison for all tests: a failure prints the worst index, both values and the limit. */

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

export const TOLERANCE = {
  f64: { rtol: 1e-9, atol: 1e-12 },
  f32: { rtol: 1e-4, atol: 1e-6 },
} as const satisfies Readonly<Record<string, Tolerance>>;

/** True if |actual - expected| <= atol + rtol |expected|. NaN equals NaN, and infinities equal themselves. */
export function isClose(actual: number, expected: number, tolerance: Tolerance = TOLERANCE.f64): boolean {
  if (Object.is(actual, expected) || actual === expected) return true;
  return Math.abs(actual - expected) <= tolerance.atol + tolerance.rtol * Math.abs(expected);
}

/** Throws unless numbers or arrays of numbers agree element by element. */
export function expectClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  tolerance: Partial<Tolerance> = TOLERANCE.f64,
): void {
  const limit: Tolerance = { rtol: tolerance.rtol ?? 0, atol: tolerance.atol ?? 0 };
  const a = typeof actual === 'number' ? [actual] : actual;
  const e = typeof expected === 'number' ? [expected] : expected;
  if (a.length !== e.length) throw new Error(`expected ${e.length} numbers, got ${a.length}`);
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < e.length; i++) {
    const x = a[i] as number;
    const y = e[i] as number;
    if (isClose(x, y, limit)) continue;
    const over = Math.abs(x - y) - (limit.atol + limit.rtol * Math.abs(y));
    if (worst < 0 || !(over <= excess)) {
      worst = i;
      excess = over;
    }
  }
  if (worst < 0) return;
  throw new Error(
    `not close at index ${worst}: got ${a[worst]}, expected ${e[worst]}, difference ${Math.abs((a[worst] as number) - (e[worst] as number))}, allowed ${limit.atol} + ${limit.rtol} |expected|`,
  );
}
