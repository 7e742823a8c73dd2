/**
 * One WebAssembly memory with an allocator of its own. Blocks come in size classes (four per power of two), are aligned
 * to 64 bytes and are kept in free lists by class; the memory grows when the end is reached and never shrinks.
 */

import { SkeinError } from '@skein/core';
import { type Memory, WebAssembly } from './webassembly.ts';

const PAGE = 65_536;
/** 32 MiB, the minimum that the kernels' module declares. */
const INITIAL_PAGES = 512;
/** 4 GiB, the end of 32-bit addresses. */
const MAXIMUM_PAGES = 65_536;
/** Kernels may read (never write) this far past a buffer. */
const READ_AHEAD = 64;
/** Below this address lie the kernels' static data and the scratch space of threads (see assembly/threads.ts). */
const FIRST_ADDRESS = 3 * PAGE;

/** Bytes of the block that a request of this size gets: at least 64, a multiple of 64, at most 25% more than asked. */
export function blockSize(bytes: number): number {
  if (bytes <= 256) return Math.max(64, Math.ceil(bytes / 64) * 64);
  const step = 2 ** (31 - Math.clz32(bytes - 1)) / 4;
  return Math.ceil(bytes / step) * step;
}

/** The memory, its typed views (new ones after growth: never keep them) and its blocks. */
export class WasmMemory {
  readonly memory: Memory;
  f32: Float32Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  u8: Uint8Array<ArrayBuffer>;
  /** Counts growths, so that holders of views know when to renew them. */
  generation = 0;
  private end = FIRST_ADDRESS;
  private readonly free = new Map<number, number[]>();

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
    const buffer = this.memory.buffer as ArrayBuffer;
    this.f32 = new Float32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }

  /** Bytes handed out or kept for reuse so far. */
  get reservedBytes(): number {
    return this.end - FIRST_ADDRESS;
  }

  /** Address of a block with room for `bytes`. Its content is arbitrary. */
  allocate(bytes: number): number {
    const size = blockSize(bytes);
    const reused = this.free.get(size)?.pop();
    if (reused !== undefined) return reused;
    const address = this.end;
    this.reserve(address + size + READ_AHEAD);
    this.end = address + size;
    return address;
  }

  /** Gives a block back; `bytes` is what was asked for. */
  release(address: number, bytes: number): void {
    const size = blockSize(bytes);
    const list = this.free.get(size);
    if (list === undefined) this.free.set(size, [address]);
    else list.push(address);
  }

  private reserve(end: number): void {
    const available = this.memory.buffer.byteLength;
    if (end <= available) return;
    // Growing by a quarter at least keeps the number of growths logarithmic.
    const wanted = Math.ceil(Math.max(end - available, available / 4) / PAGE);
    const pages = Math.min(wanted, MAXIMUM_PAGES - available / PAGE);
    if (end > available + pages * PAGE) throw outOfMemory(end - available);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw outOfMemory(end - available, cause);
    }
    this.renewViews();
  }

  private renewViews(): void {
    const buffer = this.memory.buffer as ArrayBuffer;
    this.f32 = new Float32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.generation++;
  }
}

function outOfMemory(bytes: number, cause?: unknown): SkeinError {
  return new SkeinError('BACKEND', `the simd backend cannot get ${bytes} more bytes of WebAssembly memory`, {
    details: { bytes },
    advice: 'dispose tensors that are no longer needed (tf.tidy, tensor.dispose()) or use smaller batches',
    ...(cause === undefined ? {} : { cause }),
  });
}
