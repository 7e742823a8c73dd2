/** What the ONNX nodes of a layer are made from. */

import { SkeinError } from '@skein/core';
import { type Tensor, tidy, transpose } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { emitActivation } from './activations.ts';
import type { Graph, Shape } from './graph.ts';

export type Layer = layers.Layer;

/** A value of the graph. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** One application of a layer. */
export interface Context {
  readonly graph: Graph;
  readonly layer: Layer;
  /** Name of the layer in the file. */
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Value[];
  /** Shapes of the outputs. */
  readonly shapes: readonly Shape[];
  /** The outputs of a layer inside of this one. */
  readonly inner: (layer: Layer, inputs: readonly Value[]) => readonly Value[];
}

/** Writes the nodes of a layer; gives the name of its output, or of its outputs. */
export type Emit = (context: Context) => string | readonly string[];

/** The one input of a layer. */
export const input = ({ inputs }: Context): string => inputs[0]!.name;

export function refuse(
  layer: Layer,
  why: string,
  advice = 'leave the layer out of the model that is exported',
): SkeinError {
  return new SkeinError('INPUT', `ONNX: layer ${layer.name} (${layer.getClassName()}): ${why}`, {
    details: { layer: layer.name, type: layer.getClassName() },
    advice,
  });
}

/** A weight of a layer by tfjs's name for it, or null where the layer has none. */
export function weight(layer: Layer, name: string): Tensor | null {
  return layer.weights.find(({ originalName }) => originalName.split('/').at(-1) === name)?.read() ?? null;
}

/** A weight as a constant, its dimensions in another order and grouped into another shape where asked. */
export function constant(context: Context, name: string, order?: number[], shape?: readonly number[]): string {
  const value = weight(context.layer, name)!;
  const values = tidy(() => (order === undefined ? value : transpose(value, order)).dataSync() as Float32Array);
  const sizes = order === undefined ? value.shape : order.map((axis) => value.shape[axis]!);
  return context.graph.floats(`${context.name}/${name}`, shape ?? sizes, Float32Array.from(values));
}

/** A value after the activation that the layer's configuration names. */
export function activated({ graph, layer, config }: Context, x: string): string {
  return emitActivation(graph, layer.name, config['activation'], x);
}

/** An axis counted from the front. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A list of this many numbers, of which one number is as many copies. */
export function repeated(value: unknown, count: number): number[] {
  return Array.isArray(value) && value.length > 1 ? value : new Array(count).fill(Number([value].flat()[0] ?? 1));
}

/** A shape as the operator Reshape takes it: -1 for the one dimension that is open. */
export function reshapeTo(context: Context, x: string, shape: Shape): string {
  if (shape.filter((size) => size === null).length > 1) {
    throw refuse(
      context.layer,
      `expected one open dimension, got shape [${shape.map((size) => size ?? 'null')}]`,
      "give the model's inputs their sizes",
    );
  }
  return context.graph.node('Reshape', [x, context.graph.integers(shape.map((size) => size ?? -1))]);
}
