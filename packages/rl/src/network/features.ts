/** Observations as network inputs: numbers as they are or scaled, integers as one-hot vectors, one after another. */

import type { BoxSpec } from '@skein/core';
import type { ObservationSpec } from '../env/definition.ts';

/** Turns observations into network inputs. */
export interface Features {
  /** Inputs of the network for one observation. */
  readonly size: number;
  /** Network inputs `[count, size]` of observations `[count, spec.size]`; the array is reused by the next call for as many. */
  of(observations: Float32Array, count: number): Float32Array;
}

/** The features of a spec; with `scaled`, numbers between finite bounds lie in [-1, 1]. */
export function featuresOf(spec: ObservationSpec, scaled = false): Features {
  if (spec.kind === 'box') return scaled ? withinBounds(spec) : { size: spec.size, of: (observations) => observations };
  return spec.kind === 'discrete' ? oneHot([spec.n], spec.start) : oneHot(spec.counts, 0);
}

function withinBounds({ size, low, high }: BoxSpec): Features {
  const bounded = Array.from(low, (from, i) => Number.isFinite(from) && Number.isFinite(high[i]!));
  const middle = bounded.map((is, i) => (is ? (low[i]! + high[i]!) / 2 : 0));
  const half = bounded.map((is, i) => (is && high[i]! > low[i]! ? (high[i]! - low[i]!) / 2 : 1));
  const byCount = new Map<number, Float32Array>();
  return {
    size,
    of: (observations, count) => {
      const out = byCount.get(count) ?? new Float32Array(count * size);
      byCount.set(count, out);
      for (let i = 0; i < out.length; i++) out[i] = (observations[i]! - middle[i % size]!) / half[i % size]!;
      return out;
    },
  };
}

function oneHot(counts: readonly number[], start: number): Features {
  const size = counts.reduce((sum, n) => sum + n, 0);
  const byCount = new Map<number, Float32Array>();
  return {
    size,
    of: (observations, count) => {
      const out = byCount.get(count)?.fill(0) ?? new Float32Array(count * size);
      byCount.set(count, out);
      let from = 0;
      for (let i = 0; i < count * counts.length; i++) {
        out[from + observations[i]! - start] = 1;
        from += counts[i % counts.length]!;
      }
      return out;
    },
  };
}
