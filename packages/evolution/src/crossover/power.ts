/** Powers in inner loops. */

/** x^n: by repeated squaring for whole n (several times as fast as Math.pow for small ones), else Math.pow. */
export function power(x: number, n: number): number {
  if (n !== (n | 0) || n < 0) return x ** n;
  let [result, square] = [1, x];
  for (let rest = n; rest > 0; rest >>= 1) {
    if ((rest & 1) === 1) result *= square;
    square *= square;
  }
  return result;
}
