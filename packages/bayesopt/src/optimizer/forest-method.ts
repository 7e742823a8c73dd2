/** Random forest with log expected improvement: at home with many names, cliffs and conditions. */

import { RandomForest } from '../forest/random-forest.ts';
import type { Method } from './method.ts';
import { regressorMethod } from './regressor-method.ts';

export const forestMethod: Method = regressorMethod('forest', (seed) => new RandomForest({ seed }));
