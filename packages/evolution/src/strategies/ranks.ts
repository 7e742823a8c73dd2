/** Fitness shaping: scores replaced by functions of their rank, so that only their order matters. */

import { descending } from '../population.ts';

/** Ranks spread evenly over [-0.5, 0.5], the best highest; ties share the mean of their ranks. */
export function centredRanks(scores: Float64Array): Float64Array {
  const order = descending(scores);
  const n = scores.length;
  const ranks = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to < n && scores[order[to]!] === scores[order[from]!]) to++;
    const place = (from + to - 1) / 2;
    for (let k = from; k < to; k++) ranks[order[k]!] = n === 1 ? 0 : 0.5 - place / (n - 1);
    from = to;
  }
  return ranks;
}

/** Utilities of natural evolution strategies: max(0, ln(n/2 + 1) - ln rank), normalised to sum 1, minus 1/n. */
export function nesUtilities(scores: Float64Array): Float64Array {
  const n = scores.length;
  const raw = Float64Array.from({ length: n }, (_, k) => Math.max(0, Math.log(n / 2 + 1) - Math.log(k + 1)));
  const total = raw.reduce((sum, u) => sum + u, 0);
  const utilities = new Float64Array(n);
  descending(scores).forEach((individual, place) => {
    utilities[individual] = raw[place]! / total - 1 / n;
  });
  return utilities;
}
