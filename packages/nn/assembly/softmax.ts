// Softmax over rows.

import { exp4 } from './math';
import { splat } from './lanes';
import { maxRow, sumRow } from './reduce';

/** Softmax of each row. Words: out, in, rows, columns. */
export function softmax(p: usize): void {
  let out = load<usize>(p), x = load<usize>(p, 4);
  const rows = load<i32>(p, 8), columns = load<i32>(p, 12);
  const bytes = <usize>columns << 2;
  for (let i = 0; i < rows; i++) {
    expRow(out, x, columns, maxRow(x, columns));
    scaleRow(out, columns, 1 / sumRow(out, columns));
    out += bytes;
    x += bytes;
  }
}

/** out = exp(x - shift). */
function expRow(out: usize, x: usize, n: i32, shift: f32): void {
  const s = splat(shift);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(out, exp4(f32x4.sub(v128.load(x), s)));
    out += 16;
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(out, f32x4.extract_lane(exp4(f32x4.sub(v128.load32_splat(x), s)), 0));
    out += 4;
    x += 4;
  }
}

function scaleRow(x: usize, n: i32, factor: f32): void {
  const f = splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(x, f32x4.mul(v128.load(x), f));
    x += 16;
  }
  for (; i < n; i++) {
    store<f32>(x, load<f32>(x) * factor);
    x += 4;
  }
}
