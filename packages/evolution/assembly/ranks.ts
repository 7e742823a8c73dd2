// Selection by score.

// @ts-ignore: decorator
@inline
function at(values: usize, i: i32): usize {
  return values + ((<usize>i) << 3);
}

/** Moves the numbers below the pivot, or also equal ones, to the front of values[from .. to - 1]; gives their end. */
function below(values: usize, from: i32, to: i32, pivot: f64, equal: bool): i32 {
  let end = from;
  for (let i = from; i < to; i++) {
    const x = load<f64>(at(values, i));
    store<f64>(at(values, i), load<f64>(at(values, end)));
    store<f64>(at(values, end), x);
    end += <i32>(x < pivot) | (<i32>equal & <i32>(x == pivot));
  }
  return end;
}

/** The middle one of three numbers. */
function middle(a: f64, b: f64, c: f64): f64 {
  return max(min(a, b), min(max(a, b), c));
}

/** How many numbers are above the one that was selected last. */
let above: i32 = 0;

/**
 * The number that would stand at `rank` if values were sorted: Hoare's selection, which reorders them. Moving numbers
 * takes no branches: processors could not foretell them.
 */
function smallestAt(values: usize, count: i32, rank: i32): f64 {
  let from = 0, to = count;
  while (true) {
    const pivot = middle(
      load<f64>(at(values, from)), load<f64>(at(values, (from + to) >> 1)), load<f64>(at(values, to - 1)),
    );
    const first = below(values, from, to, pivot, false);
    if (rank < first) {
      to = first;
      continue;
    }
    const next = below(values, first, to, pivot, true);
    above = count - next;
    // None is equal to the pivot if that is not a number.
    if (rank < next || next == first) return pivot;
    from = next;
  }
}

/**
 * Writes the indices of the `chosen` highest of `count` scores, in their order; of equal scores the first ones. `scratch`
 * is room for as many numbers, `out` for one index more than chosen.
 */
export function highest(scores: usize, count: i32, chosen: i32, scratch: usize, out: usize): void {
  memory.copy(scratch, scores, (<usize>count) << 3);
  const limit = smallestAt(scratch, count, count - chosen);
  let ties = chosen - above;
  for (let i = 0; i < count; i++) {
    const score = load<f64>(at(scores, i));
    const tie = <i32>(score == limit) & <i32>(ties > 0);
    ties -= tie;
    store<i32>(out, i);
    out += (<usize>(<i32>(score > limit) | tie)) << 2;
  }
}

/** Writes the index of the highest of each `size` scores whose indices are given one after the other; of equal ones the first. */
export function winners(scores: usize, drawn: usize, count: i32, size: i32, out: usize): void {
  for (let k = 0; k < count; k++) {
    let best = load<i32>(drawn), score = load<f64>(at(scores, best));
    drawn += 4;
    for (let c = 1; c < size; c++, drawn += 4) {
      const next = load<i32>(drawn), its = load<f64>(at(scores, next));
      best = select(next, best, its > score);
      score = select(its, score, its > score);
    }
    store<i32>(out, best);
    out += 4;
  }
}
