/** Loads the kernels' WebAssembly module, the relaxed-SIMD build where the engine runs it, and names its functions. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SkeinError, supportsRelaxedSimd } from '@skein/core';
import type { WasmMemory } from './memory.ts';
import { type ExportValue, type Table, WebAssembly } from './webassembly.ts';
import { wideModule, widePanels } from './wide.ts';

/** A kernel callable by programs: its index in the function table, and its name for explanations. */
export interface Kernel {
  readonly name: string;
  readonly index: number;
}

/**
 * Builds of the kernels, fastest first. `wide` is `relaxed` with products on 256-bit vectors (see wide.ts): it gives the
 * same bits.
 */
export const BUILDS = ['wide', 'relaxed', 'simd'] as const;
export type Build = (typeof BUILDS)[number];

/** The kernels of assembly/ by name. */
export type KernelName =
  | 'matmul'
  | 'reduceSum'
  | 'reduceFold'
  | 'argFold'
  | 'reduceWords'
  | 'reduceBytes'
  | 'scan'
  | 'softmax'
  | 'logSoftmax'
  | 'crossEntropy'
  | 'layerNorm'
  | 'layerNormGradient'
  | 'resize'
  | 'copy'
  | 'fill32'
  | 'fill8'
  | 'stridedCopy'
  | 'pad'
  | 'concat'
  | 'gather'
  | 'gatherPoints'
  | 'scatter'
  | 'oneHot'
  | 'segmentSum'
  | 'random'
  | 'patches'
  | 'addPatches'
  | 'depthwise'
  | 'pool'
  | 'poolGradient';

/** Functions on four lanes that generated kernels may call. */
export type LaneFunction =
  | 'exp4'
  | 'log4'
  | 'tanh4'
  | 'sigmoid4'
  | 'expm14'
  | 'log1p4'
  | 'softplus4'
  | 'sin4'
  | 'cos4'
  | 'tan4'
  | 'asin4'
  | 'acos4'
  | 'atan4'
  | 'sinh4'
  | 'cosh4'
  | 'asinh4'
  | 'acosh4'
  | 'atanh4'
  | PairFunction;

/** Those that take two vectors. */
export type PairFunction = 'pow4' | 'atan24' | 'mod4';

const KERNEL_NAMES: readonly KernelName[] = [
  'matmul',
  'reduceSum',
  'reduceFold',
  'argFold',
  'reduceWords',
  'reduceBytes',
  'scan',
  'softmax',
  'logSoftmax',
  'crossEntropy',
  'layerNorm',
  'layerNormGradient',
  'resize',
  'copy',
  'fill32',
  'fill8',
  'stridedCopy',
  'pad',
  'concat',
  'gather',
  'gatherPoints',
  'scatter',
  'oneHot',
  'segmentSum',
  'random',
  'patches',
  'addPatches',
  'depthwise',
  'pool',
  'poolGradient',
];

/** Table slots below this are the module's own. */
const FIRST_SLOT = 64;
const TABLE_STEP = 1024;

/** Path of a build's file. */
export function wasmPath(build: Build): string {
  const name = build === 'simd' ? 'simd' : 'relaxed';
  return fileURLToPath(new URL(`../../wasm/${name}.wasm`, import.meta.url));
}

/**
 * The build that a backend takes: the fastest that works here, unless the environment variable `SKEIN_SIMD_BUILD` names
 * one. The plain build gives the same results to the bit on every machine.
 */
export function chosenBuild(): Build {
  const named = process.env['SKEIN_SIMD_BUILD'];
  if (named === undefined || named === '') return fastestBuild();
  const build = BUILDS.find((known) => known === named);
  if (build !== undefined) return build;
  throw new SkeinError('CONFIG', `SKEIN_SIMD_BUILD: expected ${BUILDS.join(', ')}, got ${JSON.stringify(named)}`, {
    advice: 'unset SKEIN_SIMD_BUILD to take the fastest build that this machine supports',
  });
}

function fastestBuild(): Build {
  if (!supportsRelaxedSimd()) return 'simd';
  return 'module' in wideModule() ? 'wide' : 'relaxed';
}

/** The module for wide panels. Throws `BACKEND` where they do not work. */
function requireWideModule(): object {
  const wide = wideModule();
  if ('module' in wide) return wide.module;
  throw new SkeinError('BACKEND', `the build "wide" of the simd backend cannot be used: ${wide.reason}`, {
    advice: 'unset SKEIN_SIMD_BUILD to take the fastest build that this machine supports',
  });
}

/** The loaded module: kernels in a function table that generated kernels join. */
export class WasmModule {
  readonly build: Build;
  readonly kernels: Readonly<Record<KernelName, Kernel>>;
  readonly lanes: Readonly<Record<LaneFunction, ExportValue>>;
  /** Runs the instructions between two addresses. */
  readonly run: (pc: number, end: number) => void;
  /** Tells this instance how many threads help it (see threads.ts). */
  readonly setHelpers: (count: number) => void;
  /** Lets helpers end and waits for it. */
  readonly dismissHelpers: () => void;
  /** The compiled module, for instances on other threads. */
  readonly compiled: object;
  /** The module for wide panels and its place in the table of every instance; null in other builds. */
  readonly wide: { readonly module: object; readonly index: number } | null;
  private readonly table: Table;
  private nextSlot = FIRST_SLOT;

  constructor(memory: WasmMemory, build: Build = chosenBuild()) {
    this.build = build;
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_STEP });
    this.compiled = compileBuild(build);
    const imports = { env: { memory: memory.memory, table: this.table, abort } };
    const { exports } = new WebAssembly.Instance(this.compiled, imports);
    this.run = exports['run'] as WasmModule['run'];
    this.setHelpers = exports['setHelpers'] as WasmModule['setHelpers'];
    this.dismissHelpers = exports['dismissHelpers'] as WasmModule['dismissHelpers'];
    this.lanes = exports as Record<LaneFunction, ExportValue>;
    this.kernels = Object.fromEntries(
      KERNEL_NAMES.map((name) => [name, this.add(name, exports[name] as ExportValue)]),
    ) as Record<KernelName, Kernel>;
    this.wide = build === 'wide' ? this.addWidePanels(memory, exports['setWide'] as (index: number) => void) : null;
  }

  private addWidePanels(memory: WasmMemory, setWide: (index: number) => void): { module: object; index: number } {
    const module = requireWideModule();
    const { index } = this.add('widePanels', widePanels(module, memory.memory));
    setWide(index);
    return { module, index };
  }

  /** Puts a function into the table. */
  add(name: string, fn: ExportValue): Kernel {
    if (this.nextSlot === this.table.length) this.table.grow(TABLE_STEP);
    const index = this.nextSlot++;
    this.table.set(index, fn);
    return { name, index };
  }
}

function compileBuild(build: Build): object {
  const path = wasmPath(build);
  if (!existsSync(path)) {
    throw new SkeinError('BACKEND', `the simd backend's kernels are not built: ${path} does not exist`, {
      details: { path },
      advice: 'run `npm run build` in the repository root (it compiles packages/nn/assembly)',
    });
  }
  return new WebAssembly.Module(readFileSync(path));
}

function abort(): never {
  throw new SkeinError('BACKEND', 'a kernel of the simd backend aborted');
}
