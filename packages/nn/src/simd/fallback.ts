/**
 * Kernels without an own implementation: the CPU backend's kernel functions, run on copies of the data in a private
 * CPU backend. Correct for every kernel that tfjs has; slow where the JavaScript implementation is.
 */

import { SkeinError } from '@skein/core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type KernelFunc, type NamedTensorInfoMap, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { Buffer, SimdBackend } from './backend.ts';
import type { Attributes, Inputs } from './kernels/types.ts';

/** A CPU backend that does not print tfjs's banner about a faster backend. */
function quietCpu(): MathBackendCPU {
  const cpu = new MathBackendCPU();
  Object.assign(cpu, { firstUse: false });
  return cpu;
}

let privateCpu: MathBackendCPU | null = null;

function cpuBackend(): MathBackendCPU {
  privateCpu ??= quietCpu();
  return privateCpu;
}

/** The tensor in the CPU backend; numbers are read in place. */
function toCpu(backend: SimdBackend, info: TensorInfo): TensorInfo {
  const cpu = cpuBackend();
  const buffer = backend.buffer(info);
  if (buffer.complex !== undefined) {
    const output = cpu.makeTensorInfo(info.shape, 'complex64');
    const { real, imag } = buffer.complex;
    cpu.data.get(output.dataId).complexTensorInfos = { real: toCpu(backend, real), imag: toCpu(backend, imag) };
    return output;
  }
  const values = buffer.strings ?? backend.values(buffer);
  const { shape, dtype } = info;
  // Some of the CPU backend's kernels ask for the rank, which only tensors have.
  return { dataId: cpu.write(values, shape, dtype), shape, dtype, rank: shape.length } as TensorInfo;
}

/** The CPU backend's tensor as one of ours. */
function fromCpu(backend: SimdBackend, info: TensorInfo): TensorInfo {
  const data = cpuBackend().data.get(info.dataId);
  if (data.complexTensorInfos != null) {
    const { real, imag } = data.complexTensorInfos;
    const complex = { real: fromCpu(backend, real), imag: fromCpu(backend, imag) };
    const buffer: Buffer = { dtype: 'complex64', bytes: 0, address: 0, refCount: 1, complex };
    return { dataId: backend.register(buffer), shape: info.shape, dtype: 'complex64' };
  }
  if (info.dtype === 'string') {
    const dataId = backend.register({
      dtype: 'string',
      bytes: 0,
      address: 0,
      refCount: 1,
      strings: data.values as Uint8Array[],
    });
    return { dataId, shape: info.shape, dtype: 'string' };
  }
  const output = backend.allocate(info.shape, info.dtype);
  backend.values(backend.buffer(output)).set(data.values as Float32Array);
  return output;
}

/** Inputs with every tensor replaced; some kernels (the ragged ones) have lists among their inputs. */
function mapInputs<T>(inputs: T, map: (info: TensorInfo) => TensorInfo): T {
  if (inputs == null) return inputs;
  if (Array.isArray(inputs)) return inputs.map((item) => mapInputs(item, map)) as T;
  if ('dataId' in (inputs as object)) return map(inputs as unknown as TensorInfo) as T;
  return Object.fromEntries(Object.entries(inputs as object).map(([key, item]) => [key, mapInputs(item, map)])) as T;
}

/** Runs the CPU kernel and hands its results to `take` before they are dropped. */
function runCpu<T>(
  backend: SimdBackend,
  kernel: KernelFunc,
  inputs: Inputs,
  attrs: Attributes,
  take: (outputs: TensorInfo | TensorInfo[]) => T,
): T {
  const cpu = cpuBackend();
  const created: TensorInfo[] = [];
  const mapped = mapInputs(inputs, (info) => {
    const copy = toCpu(backend, info);
    created.push(copy);
    return copy;
  });
  const outputs = kernel({ inputs: mapped as unknown as NamedTensorInfoMap, attrs: attrs as never, backend: cpu });
  const result = take(outputs);
  for (const info of [...created, ...(Array.isArray(outputs) ? outputs : [outputs])])
    cpu.disposeData(info.dataId, true);
  return result;
}

const PLAIN: readonly string[] = ['float32', 'int32', 'bool'];

function refuseUnsupported(name: string, infos: readonly TensorInfo[]): void {
  const other = infos.find(({ dtype }) => !PLAIN.includes(dtype));
  if (other === undefined) return;
  throw new SkeinError('COMPILE', `kernel ${name} uses a ${other.dtype} tensor, expected float32, int32 or bool`, {
    details: { kernel: name, dtype: other.dtype },
    advice: 'compute it outside of the compiled function and pass the result in',
  });
}

/** Reports a fallback to the recorder as a step that runs in JavaScript. */
function record(
  backend: SimdBackend,
  name: string,
  kernel: KernelFunc,
  inputs: Inputs,
  attrs: Attributes,
  outputs: readonly TensorInfo[],
): void {
  const infos: TensorInfo[] = [];
  mapInputs(inputs, (info) => {
    infos.push(info);
    return info;
  });
  refuseUnsupported(name, [...infos, ...outputs]);
  const inputBuffers = infos.map((info) => backend.buffer(info));
  const outputBuffers = outputs.map((info) => backend.buffer(info));
  const shapes = outputs.map((info) => [...info.shape]);
  const plain = mapInputs(inputs, ({ dataId, shape, dtype }) => ({ dataId, shape: [...shape], dtype }));
  backend.recorder!.host({ name, inputs: inputBuffers, outputs: outputBuffers, attrs, replay });

  /** Both lists are the plan's buffers: same types and sizes, other addresses. */
  function replay(placedInputs: readonly Buffer[], placedOutputs: readonly Buffer[]): void {
    const ids = placedInputs.map((buffer) => backend.register(buffer));
    let next = 0;
    const placed = mapInputs(plain, (info) => ({ ...info, dataId: ids[next++]! }));
    runCpu(backend, kernel, placed, attrs, (results) => {
      (Array.isArray(results) ? results : [results]).forEach((info, i) => {
        refuseChangedShape(name, shapes[i]!, info.shape);
        backend.values(placedOutputs[i]!).set(cpuBackend().data.get(info.dataId).values as Float32Array);
      });
    });
    for (const id of ids) backend.data.delete(id);
  }
}

function refuseChangedShape(name: string, expected: readonly number[], found: readonly number[]): void {
  if (util.arraysEqual(expected as number[], found as number[])) return;
  throw new SkeinError(
    'COMPILE',
    `the result of ${name} had shape [${expected}] when compiled and now has [${found}]`,
    {
      details: { kernel: name, expected, found },
      advice: 'shapes must not depend on data in a compiled function: move this operation out of it',
    },
  );
}

/** Runs a kernel of the CPU backend on our tensors. */
export function runFallback(
  backend: SimdBackend,
  name: string,
  kernel: KernelFunc,
  inputs: Inputs,
  attrs: Attributes,
): TensorInfo | TensorInfo[] {
  const outputs = runCpu(backend, kernel, inputs, attrs, (results) =>
    Array.isArray(results) ? results.map((info) => fromCpu(backend, info)) : fromCpu(backend, results),
  );
  if (backend.recorder !== null) {
    record(backend, name, kernel, inputs, attrs, Array.isArray(outputs) ? outputs : [outputs]);
  }
  return outputs;
}
