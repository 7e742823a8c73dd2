/** Recurrent layers: ONNX has whole layers, with the time first and the gates in another order. */

import type { Attributes } from './graph.ts';
import { type Context, type Emit, input, type Layer, refuse, weight } from './layer.ts';

/** An activation that ONNX allows inside of a recurrent layer. */
interface RecurrentActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

const ACTIVATIONS: Readonly<Record<string, RecurrentActivation>> = {
  linear: { name: 'Affine', alpha: 1, beta: 0 },
  relu: { name: 'Relu' },
  leakyRelu: { name: 'LeakyRelu', alpha: 0.01 },
  elu: { name: 'Elu', alpha: 1 },
  sigmoid: { name: 'Sigmoid' },
  hardSigmoid: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  tanh: { name: 'Tanh' },
  softplus: { name: 'Softplus' },
  softsign: { name: 'Softsign' },
};

/** An operator: tfjs's order of its gates as places in ONNX's, which activations it takes, and its states. */
interface Operator {
  readonly name: string;
  readonly gates: readonly number[];
  readonly activations: readonly ('activation' | 'recurrentActivation')[];
  readonly states: number;
}

/** By the name of the cell's class. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  SimpleRNNCell: { name: 'RNN', gates: [0], activations: ['activation'], states: 1 },
  GRUCell: { name: 'GRU', gates: [0, 1, 2], activations: ['recurrentActivation', 'activation'], states: 1 },
  // tfjs: input, forget, cell, output; ONNX: input, output, forget, cell.
  LSTMCell: {
    name: 'LSTM',
    gates: [0, 3, 1, 2],
    activations: ['recurrentActivation', 'activation', 'activation'],
    states: 2,
  },
};

interface CellConfig {
  readonly units: number;
  readonly activation: string;
  readonly recurrentActivation: string;
}

/** tfjs keeps these to itself. */
interface RecurrentLayer extends Layer {
  readonly cell: Cell;
}

interface Cell extends Layer {
  /** Of stacked cells. */
  readonly cells?: readonly Cell[];
}

function operatorOf(layer: Layer, cell: Cell): Operator {
  const operator = OPERATORS[cell.getClassName()];
  if (operator !== undefined) return operator;
  throw refuse(
    layer,
    `cell ${cell.getClassName()} has no counterpart`,
    `cells with one: ${Object.keys(OPERATORS).join(', ')}`,
  );
}

function activationAttributes(layer: Layer, cell: Cell, operator: Operator): Attributes {
  const config = cell.getConfig() as unknown as CellConfig;
  const chosen = operator.activations.map((role) => {
    const activation = ACTIVATIONS[config[role]];
    if (activation !== undefined) return activation;
    const advice = `activations with one: ${Object.keys(ACTIVATIONS).join(', ')}`;
    throw refuse(layer, `${role} ${config[role]} has no counterpart in recurrent layers`, advice);
  });
  const list = (key: 'alpha' | 'beta') => chosen.flatMap((activation) => activation[key] ?? []);
  return {
    activations: chosen.map(({ name }) => name),
    ...(list('alpha').length === 0 ? {} : { activation_alpha: { floats: list('alpha') } }),
    ...(list('beta').length === 0 ? {} : { activation_beta: { floats: list('beta') } }),
  };
}

/** A matrix [rows, gates * units] as [1, gates * units, rows] with ONNX's order of gates. */
function gateMatrix(values: ArrayLike<number>, rows: number, units: number, { gates }: Operator): Float32Array {
  const width = gates.length * units;
  const out = new Float32Array(rows * width);
  for (const [to, from] of gates.entries()) {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++) {
        out[(to * units + unit) * rows + row] = values[row * width + from * units + unit]!;
      }
    }
  }
  return out;
}

/** The weights of a cell as constants: of inputs, of states, and biases. */
function cellWeights({ graph }: Context, cell: Cell, name: string, units: number, operator: Operator): string[] {
  const width = operator.gates.length * units;
  const matrix = (kind: string) => {
    const value = weight(cell, kind)!;
    const rows = value.shape[0]!;
    const values = gateMatrix(value.dataSync(), rows, units, operator);
    return graph.floats(`${name}/${kind}`, [1, width, rows], values);
  };
  const bias = weight(cell, 'bias');
  if (bias === null) return [matrix('kernel'), matrix('recurrent_kernel')];
  // The second half is added to the states' part, which tfjs has no bias for.
  const values = new Float32Array(2 * width);
  values.set(gateMatrix(bias.dataSync(), 1, units, operator));
  return [matrix('kernel'), matrix('recurrent_kernel'), graph.floats(`${name}/bias`, [1, 2 * width], values)];
}

/** What a layer gives: its output at every step, time first, in the order of the input; and its last states. */
interface Run {
  readonly steps: string;
  readonly states: readonly string[];
}

function runCell(
  context: Context,
  cell: Cell,
  name: string,
  x: string,
  states: readonly string[],
  backwards: boolean,
): Run {
  const { graph, layer } = context;
  const operator = operatorOf(layer, cell);
  const { units } = cell.getConfig() as unknown as CellConfig;
  const weights = cellWeights(context, cell, name, units, operator);
  const initial = states.map((state) => graph.unsqueeze(state, [0]));
  const inputs = [
    x,
    ...weights,
    ...(initial.length === 0 ? [] : [...(weights.length === 2 ? [''] : []), '', ...initial]),
  ];
  const attributes = {
    ...activationAttributes(layer, cell, operator),
    direction: backwards ? 'reverse' : 'forward',
    hidden_size: units,
  };
  const [steps, ...last] = graph.multiple(operator.name, inputs, 1 + operator.states, attributes);
  return { steps: graph.squeeze(steps!, [1]), states: last.map((state) => graph.squeeze(state, [0])) };
}

/** Runs a layer's cells over its input. tfjs lists the states of stacked cells from the last cell to the first. */
function runLayer(context: Context, layer: RecurrentLayer, name: string, initial: readonly string[]): Run {
  const cells = layer.cell.cells ?? [layer.cell];
  const counts = cells.map((cell) => operatorOf(layer, cell).states);
  const states: string[][] = [];
  let steps = context.graph.transpose(input(context), [1, 0, 2]);
  let taken = initial.length;
  for (const [i, cell] of cells.entries()) {
    const own = initial.slice(taken - (initial.length === 0 ? 0 : counts[i]!), taken);
    taken -= own.length;
    const cellName = cells.length === 1 ? name : `${name}/${i}`;
    const run = runCell(context, cell, cellName, steps, own, layer.getConfig()['goBackwards'] === true);
    steps = run.steps;
    states.unshift([...run.states]);
  }
  return { steps, states: states.flat() };
}

/** The output of a layer: all steps, batch first, in the order in which they were made if `asMade`, or the last one. */
function outputOf({ graph }: Context, { steps, states }: Run, layer: RecurrentLayer, inOrderOfTime: boolean): string {
  const { returnSequences } = layer.getConfig();
  if (returnSequences !== true) return states[0]!;
  const sequence = graph.transpose(steps, [1, 0, 2]);
  return inOrderOfTime ? sequence : graph.slice(sequence, [1], [-1], [-Number.MAX_SAFE_INTEGER], [-1]);
}

function refuseStateful(layer: Layer): void {
  if (layer.getConfig()['stateful'] !== true) return;
  throw refuse(
    layer,
    'a file has no state between runs',
    'build it with stateful: false, and give and return its states',
  );
}

/** SimpleRNN, LSTM, GRU and RNN with their cells. */
export const recurrent: Emit = (context) => {
  const { inputs, config, layer } = context;
  refuseStateful(layer);
  const initial = inputs.slice(1).map(({ name }) => name);
  const run = runLayer(context, layer as RecurrentLayer, context.name, initial);
  const output = outputOf(context, run, layer as RecurrentLayer, config['goBackwards'] !== true);
  return config['returnState'] === true ? [output, ...run.states] : [output];
};

const MERGES: Readonly<Record<string, (context: Context, x: string, y: string) => string>> = {
  concat: ({ graph }, x, y) => graph.node('Concat', [x, y], { axis: -1 }),
  sum: ({ graph }, x, y) => graph.node('Add', [x, y]),
  ave: ({ graph }, x, y) => graph.node('Mean', [x, y]),
  mul: ({ graph }, x, y) => graph.node('Mul', [x, y]),
};

/** Bidirectional: the second layer reads backwards, and its steps are put into the order of time. */
export const bidirectional: Emit = (context) => {
  const { inputs, config, layer } = context;
  const { forwardLayer, backwardLayer } = layer as unknown as Readonly<Record<string, RecurrentLayer>>;
  const initial = inputs.slice(1).map(({ name }) => name);
  const half = initial.length / 2;
  const runs = [forwardLayer!, backwardLayer!].map((half_, i) => {
    refuseStateful(half_);
    const run = runLayer(context, half_, `${context.name}/${i}`, initial.slice(i * half, (i + 1) * half));
    const backwards = half_.getConfig()['goBackwards'] === true;
    return { run, output: outputOf(context, run, half_, backwards === (i === 1)) };
  });
  const [forward, backward] = runs.map(({ output }) => output);
  const merge = MERGES[String(config['mergeMode'])];
  const outputs = merge === undefined ? [forward!, backward!] : [merge(context, forward!, backward!)];
  const returnState = forwardLayer!.getConfig()['returnState'] === true;
  return returnState ? [...outputs, ...runs.flatMap(({ run }) => run.states)] : outputs;
};
