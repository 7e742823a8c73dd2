/**
 * Chained operations (`x.add(y).relu()`). tfjs's Node bundle leaves them out; its types for them are taken over, and
 * each method calls the operation of the same name with the tensor first.
 */

import * as core from '@tensorflow/tfjs-core';
import type {} from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

/** Methods that are operations of the same name. */
const OPERATIONS =
  'abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchToSpaceND batchNorm broadcastTo ' +
  'cast ceil clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d dilation2d ' +
  'div divNoNan dot elu equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv gather greater greaterEqual ifft ' +
  'irfft isFinite isInf isNaN leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax ' +
  'logSumExp logicalAnd logicalNot logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul ' +
  'neg norm notEqual oneHot onesLike pad pool pow prelu prod reciprocal relu relu6 reshape resizeBilinear ' +
  'resizeNearestNeighbor reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax softplus ' +
  'spaceToBatchND split sqrt square squaredDifference squeeze step stridedSlice sub sum tan tanh tile topk transpose ' +
  'unique unsortedSegmentSum unstack zerosLike';

type Method = (this: core.Tensor, ...args: unknown[]) => unknown;
type Operation = (...args: unknown[]) => unknown;

/** Methods whose arguments differ from the operation's. */
const OTHERS: Readonly<Record<string, Method>> = {
  as1D: reshapeTo((x) => [x.size]),
  as2D: reshapeTo(),
  as3D: reshapeTo(),
  as4D: reshapeTo(),
  as5D: reshapeTo(),
  asScalar: reshapeTo(() => []),
  asType(dtype) {
    return core.cast(this, dtype as core.DataType);
  },
  concat(others, axis) {
    const rest = (others instanceof core.Tensor ? [others] : others) as core.Tensor[];
    return core.concat([this, ...rest], axis as number);
  },
  flatten: reshapeTo((x) => [x.size]),
  reshapeAs(x) {
    return core.reshape(this, (x as core.Tensor).shape);
  },
  stack(others, axis) {
    const rest = (others instanceof core.Tensor ? [others] : others) as core.Tensor[];
    return core.stack([this, ...rest], axis as number);
  },
  toBool() {
    return core.cast(this, 'bool');
  },
  toFloat() {
    return core.cast(this, 'float32');
  },
  toInt() {
    return core.cast(this, 'int32');
  },
  where(condition, other) {
    return core.where(condition as core.Tensor, this, other as core.Tensor);
  },
};

function reshapeTo(shape?: (x: core.Tensor) => number[]): Method {
  return function reshaped(...dimensions) {
    return core.reshape(this, shape?.(this) ?? (dimensions as number[]));
  };
}

function method(operation: Operation): Method {
  return function chained(...args) {
    return operation(this, ...args);
  };
}

const operations = core as unknown as Readonly<Record<string, Operation>>;
const methods: Record<string, Method> = { ...OTHERS };
for (const name of OPERATIONS.split(' ')) methods[name] = method(operations[name]!);
for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(core.Tensor.prototype, name, { value, configurable: true, writable: true });
}
