/** Exported models in onnxruntime: its WebAssembly build, which runs wherever the tests do. */

import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { toOnnx } from '../index.ts';
import type { OnnxCase } from './onnx-models.ts';

/** The outputs of a case's exported model, flat, one after the other. Throws with onnxruntime's message if it refuses the file. */
export async function runOnnx({ model, inputs }: OnnxCase): Promise<number[][]> {
  const session = await InferenceSession.create(toOnnx(model), { executionProviders: ['wasm'], logSeverityLevel: 3 });
  const feeds = inputs.map(({ dtype, shape, data }, i) => {
    const tensor = dtype === 'int32' ? new Tensor(dtype, Int32Array.from(data), shape) : new Tensor(dtype, data, shape);
    return [session.inputNames[i]!, tensor] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  const values = session.outputNames.map((name) => Array.from(outputs[name]!.data as Float32Array));
  await session.release();
  return values;
}

/** SHA-256 of each exported file. */
export function digests(cases: readonly OnnxCase[]): Readonly<Record<string, string>> {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return Object.fromEntries(cases.map(({ name, model }) => [name, digest(toOnnx(model))]));
}
