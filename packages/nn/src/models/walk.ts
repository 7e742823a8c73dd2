/** The layers of a model, those inside of other layers included. */

import type { layers } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** What layers with others inside keep them in: models, wrappers and Bidirectional. */
interface Parts {
  readonly layers?: readonly Layer[];
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
}

/** A layer and all layers inside of it, each once, in a fixed order. */
export function layersWithin(layer: Layer): Layer[] {
  const { layers: members = [], layer: wrapped, forwardLayer, backwardLayer } = layer as unknown as Parts;
  const direct = [...members, wrapped, forwardLayer, backwardLayer].filter((part) => part !== undefined);
  return [...new Set([layer, ...direct.flatMap(layersWithin)])];
}
