/**
 * The `simd` backend: every tensor's data lie at an address in one WebAssembly memory, and kernels are instructions run
 * by one interpreter. While a recorder is attached, each instruction is also reported to it: that is how `compile`
 * learns what a function does.
 */

import type { BackendTimingInfo, backend_util, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { DataStorage, engine, KernelBackend, util } from '@tensorflow/tfjs-core';
import { WasmMemory } from './memory.ts';
import { type Build, type Kernel, type KernelName, WasmModule } from './module.ts';
import type { Layout, Program } from './program.ts';
import { HelperThreads } from './threads.ts';

/** The data of one tensor (shared by its reshapes and clones). Numeric data lie in WebAssembly memory. */
export interface Buffer {
  readonly dtype: DataType;
  readonly bytes: number;
  /** Address; 0 for strings and complex numbers, which have no block of their own. */
  address: number;
  /** 0 once disposed. */
  refCount: number;
  /** The block belongs to a variable's home (see compile/variables.ts) and outlives the buffer. */
  pinned?: boolean;
  /** Encoded strings of a string tensor. */
  readonly strings?: Uint8Array[];
  /** Parts of a complex tensor. */
  readonly complex?: { readonly real: TensorInfo; readonly imag: TensorInfo };
}

/** One instruction: operand words are the addresses of outputs and inputs (0 for null), then the parameters. */
export interface Step {
  readonly kernel: Kernel;
  readonly outputs: readonly Buffer[];
  readonly inputs: readonly (Buffer | null)[];
  readonly params: readonly number[];
  /** Set for element-wise kernels: what it computes and how it walks its operands. */
  readonly program?: Program;
  readonly layout?: Layout;
  /** How many of the outputs, from the end, are scratch space that nobody reads. */
  readonly scratch?: number;
  /** Parameters that follow a number outside of the plan, such as a learning rate. */
  readonly live?: readonly LiveParameter[];
}

/** A single-precision parameter that is read anew before each run of a plan. */
export interface LiveParameter {
  /** Index among the step's parameters. */
  readonly index: number;
  /** The object and the name of its field that has the number. */
  readonly owner: object;
  readonly field: string;
}

/** A kernel that runs in JavaScript, on the CPU backend's implementation. */
export interface HostStep {
  readonly name: string;
  readonly outputs: readonly Buffer[];
  readonly inputs: readonly Buffer[];
  readonly attrs: unknown;
  /** Runs the kernel again on buffers of the same types and sizes. */
  readonly replay: (inputs: readonly Buffer[], outputs: readonly Buffer[]) => void;
}

/** What `compile` observes while a function is traced. */
export interface Recorder {
  step(step: Step): void;
  host(step: HostStep): void;
  written(buffer: Buffer): void;
  /** Called before data are read back by user code; may refuse by throwing. */
  reading(buffer: Buffer): void;
}

/** Words of an eager instruction's scratch area. */
const EAGER_WORDS = 4096;
const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);

/** The bits of a number in single precision, as an operand word. */
export function floatBits(x: number): number {
  FLOAT[0] = x;
  return FLOAT_BITS[0]!;
}

/** Bytes of a tensor's data in WebAssembly memory. */
export function byteSize(shape: readonly number[], dtype: DataType): number {
  return util.sizeFromShape(shape as number[]) * (dtype === 'bool' ? 1 : 4);
}

/** tfjs's backend over WebAssembly memory. */
export class SimdBackend extends KernelBackend {
  readonly memoryBlocks = new WasmMemory();
  readonly module: WasmModule;
  readonly helpers: HelperThreads;
  readonly data: DataStorage<Buffer>;
  recorder: Recorder | null = null;
  private readonly eager: number;
  private nextId = 0;

  constructor(build?: Build) {
    super();
    this.module = new WasmModule(this.memoryBlocks, build);
    this.helpers = new HelperThreads(this.module, this.memoryBlocks);
    this.data = new DataStorage<Buffer>(this, engine());
    this.eager = this.memoryBlocks.allocate(EAGER_WORDS * 4);
  }

  kernel(name: KernelName): Kernel {
    return this.module.kernels[name];
  }

  buffer(info: TensorInfo): Buffer {
    return this.data.get(info.dataId);
  }

  /** A new tensor with arbitrary content. */
  allocate(shape: readonly number[], dtype: DataType): TensorInfo {
    const bytes = byteSize(shape, dtype);
    const buffer: Buffer = { dtype, bytes, address: this.memoryBlocks.allocate(bytes), refCount: 1 };
    return { dataId: this.register(buffer), shape: shape as number[], dtype };
  }

  /** The same data under another shape (one reference more). */
  view(info: TensorInfo, shape: readonly number[], dtype: DataType = info.dtype): TensorInfo {
    this.incRef(info.dataId);
    return { dataId: info.dataId, shape: shape as number[], dtype };
  }

  /** Puts a buffer under a new data id. */
  register(buffer: Buffer): DataId {
    const dataId = { id: this.nextId++ };
    this.data.set(dataId, buffer);
    return dataId;
  }

  /** Runs one instruction now, and reports it. */
  emit(step: Step): void {
    if (!step.outputs.every((output) => output.bytes === 0)) this.execute(step);
    this.recorder?.step(step);
  }

  private execute({ kernel, outputs, inputs, params }: Step): void {
    const words = 2 + outputs.length + inputs.length + params.length;
    const fits = words <= EAGER_WORDS;
    const address = fits ? this.eager : this.memoryBlocks.allocate(words * 4);
    const { i32 } = this.memoryBlocks;
    let at = address >>> 2;
    i32[at++] = kernel.index;
    i32[at++] = words * 4;
    for (const output of outputs) i32[at++] = output.address;
    for (const input of inputs) i32[at++] = input?.address ?? 0;
    for (const param of params) i32[at++] = param;
    this.module.run(address, address + words * 4);
    if (!fits) this.memoryBlocks.release(address, words * 4);
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = { id: this.nextId++ };
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    const buffer = this.createBuffer(values, shape, dtype, refCount);
    this.data.set(dataId, buffer);
    this.recorder?.written(buffer);
  }

  private createBuffer(values: backend_util.BackendValues, shape: number[], dtype: DataType, refCount: number): Buffer {
    if (dtype === 'string') return { dtype, bytes: 0, address: 0, refCount, strings: values as Uint8Array[] };
    if (dtype === 'complex64') return this.complexBuffer(values as Float32Array | null, shape, refCount);
    const bytes = byteSize(shape, dtype);
    const buffer: Buffer = { dtype, bytes, address: this.memoryBlocks.allocate(bytes), refCount };
    if (values != null) this.values(buffer).set(values as Float32Array);
    return buffer;
  }

  private complexBuffer(interleaved: Float32Array | null, shape: number[], refCount: number): Buffer {
    const size = util.sizeFromShape(shape);
    const parts = [0, 1].map((part) => {
      const values = Float32Array.from({ length: size }, (_, i) => interleaved?.[2 * i + part] ?? 0);
      return { dataId: this.write(values, shape, 'float32'), shape, dtype: 'float32' as const };
    });
    return { dtype: 'complex64', bytes: 0, address: 0, refCount, complex: { real: parts[0]!, imag: parts[1]! } };
  }

  /** A view of a numeric buffer's data, valid until the memory grows. */
  values({ dtype, address, bytes }: Buffer): Float32Array | Int32Array | Uint8Array {
    const { f32, i32, u8 } = this.memoryBlocks;
    if (dtype === 'bool') return u8.subarray(address, address + bytes);
    return (dtype === 'int32' ? i32 : f32).subarray(address >>> 2, (address + bytes) >>> 2);
  }

  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    return this.readSync(dataId);
  }

  override readSync(dataId: DataId): backend_util.BackendValues {
    const buffer = this.data.get(dataId);
    this.recorder?.reading(buffer);
    if (buffer.strings !== undefined) return buffer.strings;
    if (buffer.complex !== undefined) return this.interleave(buffer.complex);
    return this.values(buffer).slice();
  }

  private interleave({ real, imag }: { readonly real: TensorInfo; readonly imag: TensorInfo }): Float32Array {
    const parts = [this.readSync(real.dataId), this.readSync(imag.dataId)] as [Float32Array, Float32Array];
    return Float32Array.from({ length: parts[0].length * 2 }, (_, i) => parts[i & 1]![i >> 1]!);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const buffer = this.data.get(dataId);
    buffer.refCount--;
    if (!force && buffer.refCount > 0) return false;
    if (buffer.complex !== undefined) {
      this.disposeData(buffer.complex.real.dataId, true);
      this.disposeData(buffer.complex.imag.dataId, true);
    }
    this.data.delete(dataId);
    buffer.refCount = 0;
    if (buffer.address !== 0 && buffer.pinned !== true) this.memoryBlocks.release(buffer.address, buffer.bytes);
    return true;
  }

  /** Drops an intermediate result of a kernel. */
  disposeInfo(info: TensorInfo): void {
    this.disposeData(info.dataId);
  }

  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override memory(): { unreliable: boolean; reservedBytes: number } {
    return { unreliable: false, reservedBytes: this.memoryBlocks.reservedBytes };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(f: () => void): Promise<BackendTimingInfo> {
    const start = performance.now();
    f();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.helpers.resize(1);
  }
}
