// Individuals, one after the other.

/** Copies row sources[i] of `from` over row targets[i] of `to`, or over row i if there are no targets, for each i in turn. */
export function copyRows(from: usize, sources: usize, to: usize, targets: usize, count: i32, bytes: usize): void {
  const paired = bytes & ~15;
  for (let i = 0; i < count; i++) {
    const k = (<usize>i) << 2;
    const source = from + <usize>load<i32>(sources + k) * bytes;
    const target = to + <usize>(targets == 0 ? i : load<i32>(targets + k)) * bytes;
    for (let j: usize = 0; j < paired; j += 16) v128.store(target + j, v128.load(source + j));
    if (paired < bytes) store<f64>(target + paired, load<f64>(source + paired));
  }
}
