/**
 * Choice of the TensorFlow.js backend. The native and GPU ones are optional packages, loaded only when asked for (or by
 * 'auto') and reported with the reason when they cannot be used.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { messageOf, SkeinError } from '@skein/core';
import { backend, engine, getBackend, type KernelBackend, ready, setBackend } from '@tensorflow/tfjs-core';
import './simd/register.ts';
import { type Build, chosenBuild, wasmPath } from './simd/module.ts';

/** Every backend; 'auto' tries them in this order, without those that only a name chooses. */
export const BACKENDS = ['cuda', 'native', 'webgpu', 'simd', 'cpu'] as const;

/** `cuda`: TensorFlow on NVIDIA GPUs; `native`: TensorFlow on the CPU; `simd`: this package; `cpu`: plain JavaScript. */
export type BackendName = (typeof BACKENDS)[number];

/** What `useBackend` takes: 'auto' for the best that works, or a backend's name. */
export const BACKEND_CHOICES = ['auto', ...BACKENDS] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/** What is known about one backend. */
export interface BackendRow {
  readonly name: BackendName;
  /** The package that has it. */
  readonly package: string;
  readonly available: boolean;
  /** Whether tensors live on it now. */
  readonly used: boolean;
  /** Why it is not available, or what is worth knowing. */
  readonly reason: string | null;
}

/** How a backend is reached. `load` makes tfjs know it, or throws with the reason. */
interface Source {
  readonly package: string;
  /** tfjs's name of it. */
  readonly tfjs: string;
  readonly load: () => Promise<void>;
  /** Not for 'auto'. */
  readonly onlyByName?: true;
  readonly note?: () => string;
  /** Called when the backend has become current. */
  readonly started?: () => void;
}

const require = createRequire(import.meta.url);

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function requireInstalled(name: string): void {
  if (!isInstalled(name)) throw new Error(`${name} is not installed`);
}

/** tfjs-node 4.22 calls functions of node:util that newer Node.js versions removed. */
function restoreRemovedUtilities(): void {
  const util = require('node:util') as Record<string, unknown>;
  const removed: Record<string, (x: unknown) => boolean> = {
    isNullOrUndefined: (x) => x === null || x === undefined,
    isNull: (x) => x === null,
    isUndefined: (x) => x === undefined,
    isString: (x) => typeof x === 'string',
    isNumber: (x) => typeof x === 'number',
    isBoolean: (x) => typeof x === 'boolean',
    isFunction: (x) => typeof x === 'function',
    isObject: (x) => typeof x === 'object' && x !== null,
    isArray: Array.isArray,
  };
  for (const [name, test] of Object.entries(removed)) util[name] ??= test;
}

/** The native package in this process: both register the same kernels, so only one may be loaded. */
let nativePackage: string | null = null;

async function loadNative(name: string): Promise<void> {
  if (nativePackage === name) return;
  if (nativePackage !== null) throw new Error(`${nativePackage} is loaded, and only one of the two can be`);
  requireInstalled(name);
  restoreRemovedUtilities();
  // A name in a variable keeps the compiler and bundlers from resolving an optional package.
  await import(name);
  nativePackage = name;
}

interface GpuModule {
  readonly create: (options: string[]) => { requestAdapter(): Promise<object | null> };
  readonly globals: object;
}

let webgpuLoaded = false;

async function loadWebgpu(): Promise<void> {
  const [device, gpuBackend] = ['webgpu', '@tensorflow/tfjs-backend-webgpu'];
  requireInstalled(device!);
  requireInstalled(gpuBackend!);
  const { create, globals } = (await import(device!)) as GpuModule;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('no GPU adapter was found');
  if (webgpuLoaded) return;
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'node' }, configurable: true });
  await import(gpuBackend!);
  webgpuLoaded = true;
}

/** Node.js cannot wait for a GPU; where a browser would draw on a canvas to do so, reading is refused with advice. */
function refuseSynchronousReads(): void {
  const gpu = backend() as KernelBackend & { hasReadSyncWarned: boolean };
  if ('OffscreenCanvas' in globalThis || Object.hasOwn(gpu, 'readSync')) return;
  const original = gpu.readSync.bind(gpu);
  gpu.hasReadSyncWarned = true;
  gpu.readSync = (dataId) => {
    try {
      return original(dataId);
    } catch (cause) {
      throw new SkeinError('BACKEND', 'a tensor on webgpu was read synchronously, which Node.js cannot do', {
        advice:
          'use `await tensor.data()` (or fetchValues, or runAsync of a compiled function); after that, dataSync() gives the same numbers',
        cause,
      });
    }
  };
}

/** tfjs's CPU backend works as it is; its banner about a faster backend is switched off. */
async function loadCpu(): Promise<void> {
  Object.assign(engine().findBackend('cpu'), { firstUse: false });
}

async function loadSimd(): Promise<void> {
  const path = wasmPath(chosenBuild());
  if (!existsSync(path)) throw new Error(`its kernels are not built (${path} is missing): run \`npm run build\``);
}

const BUILD_NOTES: Readonly<Record<Build, string>> = {
  wide: 'relaxed SIMD with fused multiply-add, products on 256-bit vectors',
  relaxed: 'relaxed SIMD with fused multiply-add',
  simd: 'plain SIMD',
};

const SOURCES: Readonly<Record<BackendName, Source>> = {
  cuda: {
    package: '@tensorflow/tfjs-node-gpu',
    tfjs: 'tensorflow',
    load: () => loadNative('@tensorflow/tfjs-node-gpu'),
  },
  native: { package: '@tensorflow/tfjs-node', tfjs: 'tensorflow', load: () => loadNative('@tensorflow/tfjs-node') },
  webgpu: {
    package: '@tensorflow/tfjs-backend-webgpu',
    tfjs: 'webgpu',
    load: loadWebgpu,
    note: () => 'values are read asynchronously (`await tensor.data()`)',
    // Node.js cannot wait for a GPU, and loops over small steps read their results at once.
    onlyByName: true,
    started: refuseSynchronousReads,
  },
  simd: {
    package: '@skein/nn',
    tfjs: 'simd',
    load: loadSimd,
    note: () => BUILD_NOTES[chosenBuild()],
  },
  cpu: { package: '@tensorflow/tfjs-backend-cpu', tfjs: 'cpu', load: loadCpu },
};

/** Makes a backend current, or throws with the reason. */
async function activate(name: BackendName): Promise<void> {
  const source = SOURCES[name];
  await source.load();
  // setBackend may answer false, or fall back to another backend without a word.
  const accepted = await setBackend(source.tfjs);
  await ready();
  if (!accepted || getBackend() !== source.tfjs) throw new Error(`tfjs did not start its backend ${source.tfjs}`);
  source.started?.();
}

/**
 * Chooses the backend on which tensors live from now on and returns its name. 'auto' takes the best that works:
 * TensorFlow on a GPU, TensorFlow on the CPU, `simd`, plain JavaScript; WebGPU only by its name.
 * Throws `BACKEND` when the named one cannot be used, and `CONFIG` for an unknown name.
 */
export async function useBackend(name: BackendChoice = 'auto'): Promise<BackendName> {
  const candidates = BACKENDS.filter((known) =>
    name === 'auto' ? SOURCES[known].onlyByName !== true : known === name,
  );
  if (candidates.length === 0) {
    throw new SkeinError(
      'CONFIG',
      `backend: expected one of ${BACKEND_CHOICES.join(', ')}, got ${JSON.stringify(name)}`,
    );
  }
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      await activate(candidate);
      return candidate;
    } catch (error) {
      reasons.push(`${candidate}: ${messageOf(error)}`);
    }
  }
  throw new SkeinError('BACKEND', `backend ${name} cannot be used: ${reasons.join('; ')}`, {
    details: { name, reasons },
    advice: 'use another backend, or install what is missing: `skein doctor` lists what each one needs',
  });
}

/** Name of the current backend, or null when it is not one of ours. */
export function currentBackend(): BackendName | null {
  const { backendName } = engine();
  if (backendName === 'tensorflow') return nativePackage === SOURCES.cuda.package ? 'cuda' : 'native';
  return BACKENDS.find((name) => SOURCES[name].tfjs === backendName) ?? null;
}

/** One row for each backend. Loads optional packages to see whether they work; the current backend stays. */
export async function backendReport(): Promise<readonly BackendRow[]> {
  const used = currentBackend();
  const rows: BackendRow[] = [];
  for (const name of BACKENDS) {
    const source = SOURCES[name];
    const row = { name, package: source.package, used: name === used };
    try {
      await source.load();
      rows.push({ ...row, available: true, reason: source.note?.() ?? null });
    } catch (error) {
      rows.push({ ...row, available: false, reason: messageOf(error) });
    }
  }
  return rows;
}
