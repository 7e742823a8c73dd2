/** Models as ONNX files, for any runtime that reads them. */

import { SkeinError, writeFileAtomic } from '@skein/core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ELEMENT, type Element, Graph } from './graph.ts';
import { emitLayer } from './layers.ts';

/** One application of a layer, as tfjs keeps it. */
interface Application {
  readonly inputTensors: readonly SymbolicTensor[];
}

/** Walks a model's graph from its outputs to its inputs; what is shared is emitted once. */
class Exporter {
  private readonly graph: Graph;
  /** Names of values, by the number of the symbolic tensor. */
  private readonly values = new Map<number, string>();
  /** Names of layers. tfjs's own depend on what the process has built before; these make equal models equal files. */
  private readonly names = new Map<SymbolicTensor['sourceLayer'], string>();

  constructor(graph: Graph, model: LayersModel) {
    this.graph = graph;
    for (const [i, input] of model.inputs.entries()) {
      this.values.set(input.id, this.input(input, numbered('input', i, model.inputs.length)));
    }
  }

  private input({ shape, dtype }: SymbolicTensor, name: string): string {
    if (!(dtype in ELEMENT)) {
      throw new SkeinError('INPUT', `ONNX: input ${name}: expected float32 or int32, got ${dtype}`);
    }
    return this.graph.input(name, dtype as Element, shape);
  }

  value(tensor: SymbolicTensor): string {
    const known = this.values.get(tensor.id);
    if (known !== undefined) return known;
    const layer = tensor.sourceLayer as unknown as { readonly inboundNodes: readonly Application[] };
    const inputs = layer.inboundNodes[tensor.nodeIndex]!.inputTensors.map((input) => this.value(input));
    const value = emitLayer(this.graph, tensor, inputs, this.nameOf(tensor.sourceLayer));
    this.values.set(tensor.id, value);
    return value;
  }

  private nameOf(layer: SymbolicTensor['sourceLayer']): string {
    const name = this.names.get(layer) ?? `${layer.getClassName()}_${this.names.size}`;
    this.names.set(layer, name);
    return name;
  }
}

/** A name for one of several. */
const numbered = (name: string, i: number, count: number) => (count === 1 ? name : `${name}_${i}`);

/**
 * A model as the bytes of an ONNX file (operator set 17). Its input is called `input` and its output `output`, or
 * `input_0`, `output_0` and so on where there are several; the first dimension is the batch. Dropout is left out, and
 * batch norm uses its running statistics. Equal models give equal bytes. Throws `INPUT` for layers and activations that have no counterpart.
 */
export function toOnnx(model: LayersModel): Uint8Array {
  const graph = new Graph();
  const exporter = new Exporter(graph, model);
  for (const [i, output] of model.outputs.entries()) {
    graph.output(exporter.value(output), numbered('output', i, model.outputs.length), output.shape);
  }
  return graph.encode('model');
}

/** Writes a model as an ONNX file, atomically. Throws `INPUT` as `toOnnx` does, and `IO`. */
export function saveOnnx(model: LayersModel, path: string): void {
  writeFileAtomic(path, toOnnx(model));
}
