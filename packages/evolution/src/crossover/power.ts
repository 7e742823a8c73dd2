/** Powers and roots in inner loops. */

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

/** x^(1/n) for x >= 0, n >= 1: the even factors of a whole n by square roots (several times as fast as Math.pow). */
export function root(x: number, n: number): number {
  if (n !== (n | 0)) return x ** (1 / n);
  let [result, rest] = [x, n | 0];
  for (; (rest & 1) === 0; rest >>= 1) result = Math.sqrt(result);
  return rest === 1 ? result : result ** (1 / rest);
}
