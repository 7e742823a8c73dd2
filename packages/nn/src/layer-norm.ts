/**
 * Layer normalisation as one operation of the `simd` backend, forward and backward. tfjs's layer composes it from some
 * twenty operations on copies of its statistics; on other backends it stays as it is.
 */

import {
  engine,
  type GradConfig,
  type KernelFunc,
  type NamedTensorMap,
  ones,
  registerGradient,
  registerKernel,
  serialization,
  type Tensor,
  type TensorInfo,
  tidy,
  util,
  zeros,
} from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { floatBits, SimdBackend } from './simd/backend.ts';

const KERNEL = 'SkeinLayerNorm';
const GRADIENT = 'SkeinLayerNormGrad';

const rowsOf = ({ shape }: TensorInfo): number[] => shape.slice(0, -1);

/** `(x - mean) / sqrt(variance + epsilon) * scale + offset` over the last axis; also means and factors of the rows. */
const forward: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const { x, scale, offset } = inputs as unknown as Readonly<Record<'x' | 'scale' | 'offset', TensorInfo>>;
  const { epsilon } = attrs as unknown as { readonly epsilon: number };
  const rows = rowsOf(x);
  const outputs = [x.shape, rows, rows].map((shape) => simd.allocate(shape, 'float32'));
  simd.emit({
    kernel: simd.kernel('layerNorm'),
    outputs: outputs.map((info) => simd.buffer(info)),
    inputs: [x, scale, offset].map((info) => simd.buffer(info)),
    params: [util.sizeFromShape(rows), x.shape.at(-1)!, floatBits(epsilon)],
  });
  return outputs;
};

/** Gradients of the input, the scale and the offset. */
const backward: KernelFunc = ({ inputs, backend }) => {
  const simd = backend as SimdBackend;
  const { dy, x, means, factors, scale } = inputs as Readonly<Record<string, TensorInfo>>;
  const outputs = [x!.shape, scale!.shape, scale!.shape].map((shape) => simd.allocate(shape, 'float32'));
  simd.emit({
    kernel: simd.kernel('layerNormGradient'),
    outputs: outputs.map((info) => simd.buffer(info)),
    inputs: [dy, x, means, factors, scale].map((info) => simd.buffer(info!)),
    params: [util.sizeFromShape(rowsOf(x!)), x!.shape.at(-1)!],
  });
  return outputs;
};

const gradient: GradConfig = {
  kernelName: KERNEL,
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true, true],
  gradFunc: (dy, [x, scale, means, factors]) => {
    const inputs = { dy: (dy as Tensor[])[0], x, means, factors, scale } as unknown as NamedTensorMap;
    const [dx, dScale, dOffset] = engine().runKernel(GRADIENT, inputs) as Tensor[];
    return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
  },
};

registerKernel({ kernelName: KERNEL, backendName: 'simd', kernelFunc: forward });
registerKernel({ kernelName: GRADIENT, backendName: 'simd', kernelFunc: backward });
registerGradient(gradient);

/** The fields of tfjs's layer that its computation uses. */
interface LayerNormalization {
  readonly axis: readonly number[];
  readonly epsilon: number;
  readonly gamma: { read(): Tensor } | null;
  readonly beta: { read(): Tensor } | null;
}

type Call = layers.Layer['call'];

/** The layer's output where the operation computes it: on this backend, over the last axis, in float32; else null. */
function normalised({ axis, epsilon, gamma, beta }: LayerNormalization, x: Tensor): Tensor | null {
  const last = axis.length === 1 && axis[0] === x.rank - 1;
  if (!(engine().backend instanceof SimdBackend) || !last || x.dtype !== 'float32') return null;
  return tidy(() => {
    const size = [x.shape.at(-1)!];
    const inputs = { x, scale: gamma?.read() ?? ones(size), offset: beta?.read() ?? zeros(size) };
    return (engine().runKernel(KERNEL, inputs, { epsilon }) as Tensor[])[0]!;
  });
}

const known = serialization.SerializationMap.getMap().classNameMap['LayerNormalization'];
const { prototype } = known![0] as unknown as { readonly prototype: { call: Call } };
const original = prototype.call;

prototype.call = function call(this: LayerNormalization & layers.Layer, inputs, kwargs) {
  const x = Array.isArray(inputs) ? inputs[0]! : inputs;
  return normalised(this, x) ?? original.call(this, inputs, kwargs);
};
