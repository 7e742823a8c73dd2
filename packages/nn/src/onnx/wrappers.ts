/** Layers that apply another layer. */

import { type Emit, input, type Layer, refuse, reshapeTo } from './layer.ts';

/** TimeDistributed: the steps of all samples become samples of the inner layer. */
export const timeDistributed: Emit = (context) => {
  const { layer, inputs, shapes } = context;
  const { layer: inner } = layer as unknown as { readonly layer: Layer };
  const [, , ...rest] = inputs[0]!.shape;
  if (shapes[0]![1] === null) {
    throw refuse(layer, 'expected a number of steps, got null', "give the model's input its number of steps");
  }
  const samples = { name: reshapeTo(context, input(context), [null, ...rest]), shape: [null, ...rest] };
  const [output] = context.inner(inner, [samples]);
  return reshapeTo(context, output!.name, shapes[0]!);
};
