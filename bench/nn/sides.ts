/** Sides of the engine's benchmarks: a step compiled, eager on a tfjs backend, in PyTorch and in JAX, on one core each. */

import '@tensorflow/tfjs-backend-wasm';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ArrayInput, compile, tf, useThreads } from '@skein/nn';
import {
  type CompareOptions,
  compareSides,
  keepToCores,
  pythonWith,
  type Row,
  runPython,
  type Side,
  type Timing,
  timingRows,
} from '../harness.ts';

export const BASELINE = 'tfjs-wasm, eager';
export const PYTORCH = 'PyTorch, eager';

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

/** Builds of the kernels beside the fastest, which the other rows have, by the names of their rows. */
const BUILDS = { 'skein, compiled, relaxed SIMD': 'relaxed', 'skein, compiled, plain SIMD': 'simd' } as const;

/** Timings of a benchmark's `compiledAgain` on other builds (see build.ts). */
export function buildTimings(benchmark: string, args: readonly string[], quick: boolean): Timing[] {
  const program = fileURLToPath(new URL('build.ts', import.meta.url));
  return Object.entries(BUILDS).flatMap(([name, build]) => {
    const result = spawnSync(process.execPath, [program, name, benchmark, quick ? 'quick' : 'full', ...args], {
      encoding: 'utf8',
      env: { ...process.env, SKEIN_SIMD_BUILD: build },
    });
    if (result.status !== 0) throw new Error(`the build ${build} failed: ${result.stderr}`);
    return JSON.parse(result.stdout.trim().split('\n').at(-1) as string) as Timing[];
  });
}

/** Programs beside this file by the module that they need; they print timings as JSON. */
const PEERS = { torch: 'steps_torch.py', jax: 'steps_jax.py' } as const;

/** Timings of a work that the Python programs know by this name; none of libraries that are not installed. */
export function peerTimings(work: string, quick: boolean): Timing[] {
  return Object.entries(PEERS).flatMap(([module, script]) => {
    const python = pythonWith(module);
    if (python === null) return [];
    const program = ['timing.py', script]
      .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
      .join('\n');
    return runPython<Timing[]>(python, program, [work, quick ? '60' : '400']);
  });
}

/** Rows of a work: its sides in turns on one core, those of two threads on two, and its peers on one again. */
export async function workRows(title: string, { sides, onTwoCores, others, quick }: WorkRows): Promise<Row[]> {
  keepToCores(1);
  const single = await compareSides(sides, turns(quick));
  keepToCores(2);
  const double = onTwoCores === undefined ? [] : await compareSides([onTwoCores], turns(quick));
  keepToCores(1);
  const timings = [...single, ...double, ...others()];
  return timingRows(timings, BASELINE, PYTORCH).map((row) => ({ work: title, ...row }));
}

/** What the rows of a work are made from. */
export interface WorkRows {
  readonly sides: readonly Side[];
  readonly onTwoCores?: Side;
  /** Timings from other processes. */
  readonly others: () => Timing[];
  readonly quick: boolean;
}

/** The variables that a model trains. */
export function trainable(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}
