/** Layers with several inputs. */

import { type Context, type Emit, fromFront, refuse, type Value } from './layer.ts';

/** Inputs brought to one rank: tfjs puts the missing dimensions behind the batch. */
function aligned({ graph, inputs }: Context): string[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  return inputs.map(({ name, shape }) => {
    return graph.unsqueeze(
      name,
      Array.from({ length: rank - shape.length }, (_, i) => i + 1),
    );
  });
}

/** An operator of two inputs over all inputs, one after the other. */
export function merge(operator: string): Emit {
  return (context) => aligned(context).reduce((left, right) => context.graph.node(operator, [left, right]));
}

export const average: Emit = (context) => context.graph.node('Mean', aligned(context));

export const concatenate: Emit = ({ graph, config, inputs }) => {
  return graph.node(
    'Concat',
    inputs.map(({ name }) => name),
    { axis: config['axis'] as number },
  );
};

/** A value divided by its length along an axis; tfjs's smallest length is the root of 1e-7. */
function normalized({ graph }: Context, x: string, axis: number): string {
  const square = graph.node('ReduceSumSquare', [x], { axes: [axis], keepdims: 1 });
  return graph.node('Div', [x, graph.node('Sqrt', [graph.node('Max', [square, graph.scalar(1e-7)])])]);
}

/** Products of two rows or matrices of each sample along one axis of each, as a product of matrices. */
export const dot: Emit = (context) => {
  const { graph, config, inputs, layer } = context;
  const axes = inputs.map(({ shape }, i) =>
    fromFront(([config['axes']].flat()[i] ?? config['axes']) as number, shape.length),
  );
  if (axes.includes(0)) throw refuse(layer, `expected axes of samples, got the batch's`);
  const factor = (i: number): string => {
    const { name } = inputs[i]!;
    return config['normalize'] === true ? normalized(context, name, axes[i]!) : name;
  };
  const isRow = ({ shape }: Value) => shape.length === 2;
  // [batch, rows, common] and [batch, common, columns]; rows of numbers are matrices of one row or column.
  const left = isRow(inputs[0]!) ? graph.unsqueeze(factor(0), [1]) : swapped(context, factor(0), axes[0] === 1);
  const right = isRow(inputs[1]!) ? graph.unsqueeze(factor(1), [2]) : swapped(context, factor(1), axes[1] === 2);
  const product = graph.node('MatMul', [left, right]);
  if (isRow(inputs[1]!)) return graph.squeeze(product, [2]);
  return isRow(inputs[0]!) ? graph.squeeze(product, [1]) : product;
};

const swapped = ({ graph }: Context, x: string, swap: boolean) => (swap ? graph.transpose(x, [0, 2, 1]) : x);
