/** Models as ONNX files, for any runtime that reads them. */

import { SkeinError, writeFileAtomic } from '@skein/core';
import { LayersModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ELEMENT, type Element, Graph, type Shape } from './graph.ts';
import { type Layer, refuse, type Value } from './layer.ts';
import { LAYERS } from './layers.ts';

/** One application of a layer, as tfjs keeps it. */
interface Application {
  readonly inputTensors: readonly SymbolicTensor[];
  readonly outputTensors: readonly SymbolicTensor[];
}

/** The values of a model's symbolic tensors, by their number. A model within a model has its own at each application. */
type Scope = Map<number, Value>;

/** Walks a model's graph from its outputs to its inputs; what is shared is emitted once. */
class Exporter {
  private readonly graph: Graph;
  /** Names of layers. tfjs's own depend on what the process has built before; these make equal models equal files. */
  private readonly names = new Map<Layer, string>();

  constructor(graph: Graph) {
    this.graph = graph;
  }

  input({ shape, dtype }: SymbolicTensor, name: string): Value {
    if (!(dtype in ELEMENT)) {
      throw new SkeinError('INPUT', `ONNX: input ${name}: expected float32 or int32, got ${dtype}`);
    }
    return { name: this.graph.input(name, dtype as Element, shape), shape };
  }

  /** The outputs of a model for these inputs. */
  model(model: LayersModel, inputs: readonly Value[]): Value[] {
    const scope: Scope = new Map(model.inputs.map(({ id }, i) => [id, inputs[i]!]));
    return model.outputs.map((output) => this.value(scope, output));
  }

  private value(scope: Scope, tensor: SymbolicTensor): Value {
    const known = scope.get(tensor.id);
    if (known !== undefined) return known;
    const layer = tensor.sourceLayer as Layer & { readonly inboundNodes: readonly Application[] };
    const { inputTensors, outputTensors } = layer.inboundNodes[tensor.nodeIndex]!;
    const inputs = inputTensors.map((input) => this.value(scope, input));
    for (const [i, output] of this.layer(layer, inputs).entries()) scope.set(outputTensors[i]!.id, output);
    return scope.get(tensor.id)!;
  }

  /** The outputs of a layer for these inputs. */
  private layer(layer: Layer, inputs: readonly Value[]): readonly Value[] {
    if (layer instanceof LayersModel) return this.model(layer, inputs);
    const emit = LAYERS[layer.getClassName()];
    if (emit === undefined) {
      throw refuse(layer, 'has no counterpart here', `layers that can be exported: ${Object.keys(LAYERS).join(', ')}`);
    }
    const shapes = outputShapes(layer, inputs);
    const inner = (other: Layer, values: readonly Value[]) => this.layer(other, values);
    const config = layer.getConfig();
    const outputs = [
      emit({ graph: this.graph, layer, name: this.nameOf(layer), config, inputs, shapes, inner }),
    ].flat();
    return outputs.map((name, i) => ({ name, shape: shapes[i]! }));
  }

  private nameOf(layer: Layer): string {
    const name = this.names.get(layer) ?? `${layer.getClassName()}_${this.names.size}`;
    this.names.set(layer, name);
    return name;
  }
}

function outputShapes(layer: Layer, inputs: readonly Value[]): Shape[] {
  const shapes = inputs.map(({ shape }) => [...shape]);
  const outputs = layer.computeOutputShape(shapes.length === 1 ? shapes[0]! : shapes);
  return Array.isArray(outputs[0]) ? (outputs as Shape[]) : [outputs as Shape];
}

/** A name for one of several. */
const numbered = (name: string, i: number, count: number) => (count === 1 ? name : `${name}_${i}`);

/**
 * A model as the bytes of an ONNX file (operator set 17). Its input is called `input` and its output `output`, or
 * `input_0`, `output_0` and so on where there are several; the first dimension is the batch. The file computes what the
 * model does in inference: dropout is left out, and batch normalisation uses its running statistics. Equal models give
 * equal bytes. Throws `INPUT` for layers and activations that have no counterpart, with their names.
 */
export function toOnnx(model: LayersModel): Uint8Array {
  const graph = new Graph();
  const exporter = new Exporter(graph);
  const inputs = model.inputs.map((input, i) => exporter.input(input, numbered('input', i, model.inputs.length)));
  for (const [i, { name, shape }] of exporter.model(model, inputs).entries()) {
    graph.output(name, numbered('output', i, model.outputs.length), shape);
  }
  return graph.encode('model');
}

/** Writes a model as an ONNX file, atomically. Throws `INPUT` as `toOnnx` does, and `IO`. */
export function saveOnnx(model: LayersModel, path: string): void {
  writeFileAtomic(path, toOnnx(model));
}
