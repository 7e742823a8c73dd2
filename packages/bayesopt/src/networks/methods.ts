/** Methods of studies that networks lead; for other settings give `regressorMethod` networks of one's own. */

import type { Method } from '../optimizer/method.ts';
import { regressorMethod } from '../optimizer/regressor-method.ts';
import { NetworkEnsemble } from './ensemble.ts';
import { BayesianLastLayer } from './last-layer.ts';

/** An ensemble; the trials are few, so each network sees all of them. */
export const ensembleMethod: Method = regressorMethod(
  'ensemble',
  (seed) => new NetworkEnsemble({ seed, bootstrap: false }),
);

/** A network with a Bayesian last layer. */
export const lastLayerMethod: Method = regressorMethod('last-layer', (seed) => new BayesianLastLayer({ seed }));

/** All of them. */
export const NETWORK_METHODS: readonly Method[] = [ensembleMethod, lastLayerMethod];
