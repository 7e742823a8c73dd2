/** Exported models in onnxruntime, by way of Python. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { toOnnx } from '../index.ts';
import type { OnnxCase } from './onnx-models.ts';

const PROGRAM = fileURLToPath(new URL('../../fixtures/onnx.py', import.meta.url));
const PYTHON = process.env['SKEIN_PYTHON'] ?? 'python3';

export interface OnnxOutputs {
  readonly onnxruntime: string;
  /** Each model's outputs, flat. */
  readonly outputs: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Whether `SKEIN_PYTHON`, or else python3, has onnxruntime. */
export function hasOnnxRuntime(): boolean {
  return spawnSync(PYTHON, ['-c', 'import onnxruntime'], { stdio: 'ignore' }).status === 0;
}

/** Runs the cases' exported models. Throws with Python's message if one is refused. */
export function runOnnx(cases: readonly OnnxCase[]): OnnxOutputs {
  const data = cases.map(({ name, model, x }) => [name, { onnx: Buffer.from(toOnnx(model)).toString('base64'), x }]);
  const input = JSON.stringify(Object.fromEntries(data));
  const result = spawnSync(PYTHON, [PROGRAM], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (result.status !== 0) throw new Error(`onnxruntime failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as OnnxOutputs;
}

/** SHA-256 of each exported file. */
export function digests(cases: readonly OnnxCase[]): Readonly<Record<string, string>> {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  return Object.fromEntries(cases.map(({ name, model }) => [name, digest(toOnnx(model))]));
}
