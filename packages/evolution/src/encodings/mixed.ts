/** Search spaces of @skein/core (real, logarithmic, integer, categorical, conditional dimensions) as genes. */

import { checkValues, type Space, spaceFromUnit, spaceToUnit, type Values } from '@skein/core';
import { spreadDiversity } from './diversity.ts';
import { type Encoding, uniformLimits } from './encoding.ts';

/**
 * A gene a dimension: its position in [0, 1]. The value is the object of the dimensions' values, inactive conditional
 * ones left out. Operators blend ordered dimensions and exchange or redraw categories.
 */
export function mixed<S extends Space>(space: S): Encoding<Values<S>, Float64Array> {
  const dimensions = Object.values(space);
  const length = dimensions.length;
  const limits = uniformLimits(length, 0, 1);
  return {
    kind: 'mixed',
    label: `mixed(${Object.keys(space).join(', ')})`,
    length,
    ...limits,
    categories: Int32Array.from(dimensions, (d) => (d.ordered ? 0 : d.cardinality)),
    allocate: (count) => new Float64Array(count),
    sample: (genes, rng) => {
      rng.fillUniform(genes);
    },
    decode: (genes) => spaceFromUnit(space, genes),
    encode: (value) => spaceToUnit(space, checkValues(space, value)),
    diversity: (population) => spreadDiversity(population, limits.low, limits.high),
  };
}
