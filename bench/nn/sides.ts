/** Sides of the engine's benchmarks: a training step compiled, eager on a tfjs backend, and in PyTorch. */

import '@tensorflow/tfjs-backend-wasm';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ArrayInput, compile, tf, useThreads } from '@skein/nn';
import { type CompareOptions, pythonWith, runPython, type Side, type Timing } from '../harness.ts';

export const BASELINE = 'tfjs-wasm, eager';

/** A step and the batch that it is timed on. The step returns its loss. */
export interface Work {
  readonly step: (...args: tf.Tensor[]) => tf.Tensor;
  readonly batch: readonly ArrayInput[];
}

export function dtypeOf({ data }: ArrayInput): 'float32' | 'int32' {
  return data instanceof Int32Array ? 'int32' : 'float32';
}

export function toTensors(batch: readonly ArrayInput[]): tf.Tensor[] {
  return batch.map((input) => tf.tensor(input.data, [...input.shape], dtypeOf(input)));
}

/** A side that runs on a tfjs backend: the first call of a turn switches to it. */
export function onBackend(name: string, backend: string, call: () => void): Side {
  return {
    name,
    run: () => (tf.getBackend() === backend ? call() : tf.setBackend(backend).then(call)),
  };
}

/** The step eager on a backend. */
export async function eagerSide(name: string, backend: string, make: () => Work): Promise<Side> {
  await tf.setBackend(backend);
  const { step, batch } = make();
  const args = toTensors(batch);
  return onBackend(name, backend, () => tf.tidy(() => void step(...args)));
}

/** The step compiled on the simd backend, on so many threads. */
export async function compiledSide(name: string, make: () => Work, threads = 1): Promise<Side> {
  await tf.setBackend('simd');
  const { step, batch } = make();
  const inputs = batch.map((input) => ({ shape: input.shape, dtype: dtypeOf(input) }));
  const fast = compile(step, { inputs });
  const arrays = batch.map(({ data }) => data);
  const loss = [new Float32Array(1)];
  return onBackend(name, 'simd', () => {
    useThreads(threads);
    fast.run(arrays, loss);
  });
}

/** How long sides have their turns. */
export function turns(quick: boolean): CompareOptions {
  return quick ? { rounds: 2, turnMs: 60 } : {};
}

/** Timings of a benchmark's `compiledAgain` on the plain SIMD build (see plain.ts). */
export function plainTimings(benchmark: string, args: readonly string[], quick: boolean): Timing[] {
  const program = fileURLToPath(new URL('plain.ts', import.meta.url));
  const result = spawnSync(process.execPath, [program, benchmark, quick ? 'quick' : 'full', ...args], {
    encoding: 'utf8',
    env: { ...process.env, SKEIN_SIMD_BUILD: 'simd' },
  });
  if (result.status !== 0) throw new Error(`the plain build failed: ${result.stderr}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1) as string) as Timing[];
}

/** Timings of a script beside this file, which prints them as JSON; none without a Python that has torch. */
export function torchTimings(script: string, args: readonly string[], quick: boolean): Timing[] {
  const python = pythonWith('torch');
  if (python === null) return [];
  const program = readFileSync(new URL(script, import.meta.url), 'utf8');
  return runPython<Timing[]>(python, program, [...args, quick ? '60' : '400']);
}

/** The variables that a model trains. */
export function trainable(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}
