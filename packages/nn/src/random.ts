/**
 * Random tensors that compiled functions can draw. A stream is a variable with the key and the counter of a
 * counter-based generator (Threefry-2x32), so that drawing is an operation like any other: a replayed function draws new
 * numbers each time, an eager one draws the same, and saving the state saves the future.
 */

import { type Rng, SkeinError, threefry2x32 } from '@skein/core';
import * as core from '@tensorflow/tfjs-core';
import {
  engine,
  type KernelFunc,
  type NamedTensorMap,
  registerKernel,
  type Tensor,
  type TensorInfo,
  tensor1d,
  tidy,
  util,
  type Variable,
  variable,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { SimdBackend } from './simd/backend.ts';

const KERNEL = 'SkeinRandom';
const KINDS = ['uniform', 'normal'] as const;

/** Distribution that the kernel draws from: uniform on [0, 1) or standard normal. */
type Kind = (typeof KINDS)[number];

/** State of a stream as plain data: two key words and the counter's low and high word. */
export type RandomState = readonly [number, number, number, number];

/** The numbers of a state in JavaScript: what the WebAssembly kernel computes, for other backends. */
function drawNumbers([key0, key1, low, high]: Int32Array, count: number, kind: Kind): Float32Array {
  const values = new Float32Array(count);
  const block = new Uint32Array(2);
  const first = (low! >>> 0) + (high! >>> 0) * 2 ** 32;
  for (let i = 0; i < count; i += 2) {
    const counter = first + i / 2;
    threefry2x32(key0!, key1!, counter >>> 0, Math.floor(counter / 2 ** 32), block);
    const [a, b] = [(block[0]! >>> 8) * 2 ** -24, (block[1]! >>> 8) * 2 ** -24];
    const radius = Math.sqrt(-2 * Math.log(1 - a));
    values[i] = kind === 'uniform' ? a : radius * Math.cos(2 * Math.PI * b);
    if (i + 1 < count) values[i + 1] = kind === 'uniform' ? b : radius * Math.sin(2 * Math.PI * b);
  }
  return values;
}

function advance([key0, key1, low, high]: Int32Array, count: number): Int32Array {
  const counter = (low! >>> 0) + (high! >>> 0) * 2 ** 32 + Math.ceil(count / 2);
  return Int32Array.of(key0!, key1!, counter >>> 0, Math.floor(counter / 2 ** 32));
}

/** The kernel on any backend that can be read and written. */
const hostKernel: KernelFunc = ({ inputs, attrs, backend }) => {
  const { shape, kind } = attrs as unknown as { shape: number[]; kind: Kind };
  const any = backend as core.KernelBackend;
  const state = any.readSync(inputs['state']!.dataId) as Int32Array;
  const count = util.sizeFromShape(shape);
  return [
    { dataId: any.write(drawNumbers(state, count, kind), shape, 'float32'), shape, dtype: 'float32' },
    { dataId: any.write(advance(state, count), [4], 'int32'), shape: [4], dtype: 'int32' },
  ];
};

const simdKernel: KernelFunc = ({ inputs, attrs, backend }) => {
  const { shape, kind } = attrs as unknown as { shape: number[]; kind: Kind };
  const simd = backend as SimdBackend;
  const outputs: TensorInfo[] = [simd.allocate(shape, 'float32'), simd.allocate([4], 'int32')];
  simd.emit({
    kernel: simd.kernel('random'),
    outputs: outputs.map((info) => simd.buffer(info)),
    inputs: [simd.buffer(inputs['state']!)],
    params: [util.sizeFromShape(shape), KINDS.indexOf(kind)],
  });
  return outputs;
};

registerKernel({ kernelName: KERNEL, backendName: 'simd', kernelFunc: simdKernel });
for (const backendName of ['cpu', 'wasm', 'webgpu', 'tensorflow']) {
  registerKernel({ kernelName: KERNEL, backendName, kernelFunc: hostKernel });
}

function checkProbability(name: string, p: number): void {
  if (p >= 0 && p <= 1) return;
  throw new SkeinError('INPUT', `${name}: expected a number in [0, 1], got ${p}`);
}

/** A stream of random tensors. Create one with `createRandomStream`. */
export class RandomStream {
  /** Key and counter as an int32 tensor of four words. */
  readonly variable: Variable;

  constructor(state: RandomState) {
    this.variable = tidy(() => variable(tensor1d([...state], 'int32'), false));
  }

  private draw(kind: Kind, shape: readonly number[]): Tensor {
    const inputs = { state: this.variable } as unknown as NamedTensorMap;
    const [values, next] = engine().runKernel(KERNEL, inputs, { shape: [...shape], kind }) as Tensor[];
    this.variable.assign(next!);
    next!.dispose();
    return values!;
  }

  /** Uniform numbers in [low, high), by default [0, 1), with 24 random bits. */
  uniform(shape: readonly number[], low = 0, high = 1): Tensor {
    return tidy(() =>
      this.draw('uniform', shape)
        .mul(high - low)
        .add(low),
    );
  }

  /** Normal numbers. */
  normal(shape: readonly number[], mean = 0, std = 1): Tensor {
    return tidy(() => this.draw('normal', shape).mul(std).add(mean));
  }

  /** True with probability p. Throws `INPUT` for p outside of [0, 1]. */
  bernoulli(shape: readonly number[], p: number): Tensor {
    checkProbability('p', p);
    return tidy(() => core.less(this.draw('uniform', shape), p));
  }

  /** Zeroes each element with probability `rate` and scales the others by 1 / (1 - rate). Throws `INPUT`. */
  dropout<T extends Tensor>(x: T, rate: number): T {
    checkProbability('rate', rate);
    return tidy(() => where(this.bernoulli(x.shape, rate), zerosLike(x), x.div(1 - rate))) as T;
  }

  /** The state as plain data. */
  state(): RandomState {
    return [...this.variable.dataSync()] as unknown as RandomState;
  }

  /** Goes to a state; compiled functions continue from it. */
  restore(state: RandomState): void {
    tidy(() => this.variable.assign(tensor1d([...state], 'int32')));
  }

  dispose(): void {
    this.variable.dispose();
  }
}

/** A stream that continues an `Rng` at its state; the `Rng` itself does not move. Use `rng.split(label)` for one of its own. */
export function createRandomStream(rng: Rng): RandomStream {
  const { key, counter } = rng.state();
  return new RandomStream([key[0] | 0, key[1] | 0, counter | 0, Math.floor(counter / 2 ** 32)]);
}
