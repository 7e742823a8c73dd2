/** tfjs's activations as ONNX nodes. */

import { SkeinError } from '@skein/core';
import { ELEMENT, type Graph } from './graph.ts';

type Emit = (graph: Graph, x: string) => string;

const one = (operator: string, attributes = {}): Emit => {
  return (graph, x) => graph.node(operator, [x], attributes);
};

const ACTIVATIONS: Readonly<Record<string, Emit>> = {
  linear: (_graph, x) => x,
  relu: one('Relu'),
  relu6: (graph, x) => graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)]),
  sigmoid: one('Sigmoid'),
  hardSigmoid: one('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  tanh: one('Tanh'),
  softplus: one('Softplus'),
  softsign: one('Softsign'),
  softmax: one('Softmax', { axis: -1 }),
  logSoftmax: one('LogSoftmax', { axis: -1 }),
  elu: one('Elu', { alpha: { float: 1 } }),
  selu: one('Selu'),
  leakyRelu: one('LeakyRelu', { alpha: { float: 0.01 } }),
  cosine: one('Cos'),
  step: (graph, x) => graph.node('Cast', [graph.node('GreaterOrEqual', [x, graph.scalar(0)])], { to: ELEMENT.float32 }),
  swish: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  mish: (graph, x) => graph.node('Mul', [x, graph.node('Tanh', [graph.node('Softplus', [x])])]),
  // x (1 + erf(x / sqrt 2)) / 2
  gelu: (graph, x) => {
    const erf = graph.node('Erf', [graph.node('Mul', [x, graph.scalar(Math.SQRT1_2)])]);
    const half = graph.node('Mul', [x, graph.scalar(0.5)]);
    return graph.node('Mul', [half, graph.node('Add', [erf, graph.scalar(1)])]);
  },
  // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  gelu_new: (graph, x) => {
    const cube = graph.node('Mul', [x, graph.node('Mul', [x, x])]);
    const sum = graph.node('Add', [x, graph.node('Mul', [cube, graph.scalar(0.044715)])]);
    const tanh = graph.node('Tanh', [graph.node('Mul', [sum, graph.scalar(Math.sqrt(2 / Math.PI))])]);
    const half = graph.node('Mul', [x, graph.scalar(0.5)]);
    return graph.node('Mul', [half, graph.node('Add', [tanh, graph.scalar(1)])]);
  },
};

/** The activation of a layer, by tfjs's name. Throws `INPUT` for one that has no counterpart here. */
export function emitActivation(graph: Graph, layer: string, activation: unknown, x: string): string {
  const emit = ACTIVATIONS[String(activation ?? 'linear')];
  if (emit !== undefined) return emit(graph, x);
  throw new SkeinError('INPUT', `ONNX: layer ${layer}: activation ${activation} cannot be exported`, {
    details: { layer, activation },
    advice: `use one of ${Object.keys(ACTIVATIONS).join(', ')}`,
  });
}
