/** Batch and layer normalisation in inference mode. */

import { type Context, constant, type Emit, fromFront, input, weight } from './layer.ts';

/** Running statistics make batch normalisation one multiplication and one addition. */
export const batchNormalization: Emit = (context) => {
  const { graph, config, name, inputs } = context;
  const rank = inputs[0]!.shape.length;
  const after = rank - 1 - fromFront(config['axis'] as number, rank);
  const read = (kind: string) => weight(context.layer, kind)?.dataSync();
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(read);
  const epsilon = config['epsilon'] as number;
  const factors = Float32Array.from(variance!, (v, i) => (gamma?.[i] ?? 1) / Math.sqrt(v + epsilon));
  const offsets = factors.map((factor, i) => (beta?.[i] ?? 0) - mean![i]! * factor);
  const shape = [factors.length, ...new Array<number>(after).fill(1)];
  const scaled = graph.node('Mul', [input(context), graph.floats(`${name}/factor`, shape, factors)]);
  return graph.node('Add', [scaled, graph.floats(`${name}/offset`, shape, offsets)]);
};

/** The operator of that name where the axes are the last ones, else its definition. */
export const layerNormalization: Emit = (context) => {
  const axes = [context.config['axis']].flat().map((axis) => fromFront(axis as number, rankOf(context)));
  axes.sort((a, b) => a - b);
  const trailing = axes.every((axis, i) => axis === rankOf(context) - axes.length + i);
  return trailing ? trailingNormalization(context, axes) : normalizationByDefinition(context, axes);
};

const rankOf = ({ inputs }: Context): number => inputs[0]!.shape.length;

/** The layer's scale, or ones where it has none. */
function scale(context: Context, shape: readonly number[]): string {
  if (weight(context.layer, 'gamma') !== null) return constant(context, 'gamma', undefined, shape);
  const ones = new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(1);
  return context.graph.floats(`${context.name}/gamma`, shape, ones);
}

/** The layer's shift, where it has one. */
function shift(context: Context, shape: readonly number[]): string[] {
  return weight(context.layer, 'beta') === null ? [] : [constant(context, 'beta', undefined, shape)];
}

function trailingNormalization(context: Context, axes: readonly number[]): string {
  const shape = axes.map((axis) => context.inputs[0]!.shape[axis]!);
  const values = [input(context), scale(context, shape), ...shift(context, shape)];
  const epsilon = { float: context.config['epsilon'] as number };
  return context.graph.node('LayerNormalization', values, { axis: -axes.length, epsilon });
}

function normalizationByDefinition(context: Context, axes: readonly number[]): string {
  const { graph, config } = context;
  const mean = (x: string) => graph.node('ReduceMean', [x], { axes, keepdims: 1 });
  const centred = graph.node('Sub', [input(context), mean(input(context))]);
  const variance = mean(graph.node('Mul', [centred, centred]));
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(config['epsilon'] as number)])]);
  const shape = context.inputs[0]!.shape.map((size, axis) => (axes.includes(axis) ? size! : 1));
  const scaled = graph.node('Mul', [graph.node('Div', [centred, deviation]), scale(context, shape)]);
  return shift(context, shape).reduce((x, beta) => graph.node('Add', [x, beta]), scaled);
}
