/**
 * Homes of variables. A plan reads and writes a variable at a fixed address, its home, which all plans share. Between
 * calls tfjs may point the variable elsewhere (`assign`) or let other tensors share its data (`clone`,
 * `target.assign(online)`); before each run that is noticed, and the value is brought home.
 */

import { SkeinError } from '@skein/core';
import { engine, type Variable } from '@tensorflow/tfjs-core';
import type { Buffer, SimdBackend } from '../simd/backend.ts';

/** Where a variable lives for plans. */
export interface Home {
  readonly variable: Variable;
  readonly address: number;
  readonly bytes: number;
  /** The buffer at the home, and its id: the variable is at home while it has this id. */
  buffer: Buffer;
  dataId: object;
  /** Plans that use the home. */
  users: number;
}

const homes = new WeakMap<SimdBackend, Map<Variable, Home>>();

function homesOf(backend: SimdBackend): Map<Variable, Home> {
  let map = homes.get(backend);
  if (map === undefined) {
    map = new Map();
    homes.set(backend, map);
  }
  return map;
}

/** The home of a variable, for one plan more. */
export function acquireHome(backend: SimdBackend, variable: Variable): Home {
  const map = homesOf(backend);
  let home = map.get(variable);
  if (home === undefined) {
    home = settle(backend, variable);
    map.set(variable, home);
  }
  home.users++;
  return home;
}

/** Makes the variable's own buffer its home; a shared one is left to the others. */
function settle(backend: SimdBackend, variable: Variable): Home {
  const buffer = backend.buffer(variable);
  if (buffer.refCount === 1) {
    buffer.pinned = true;
    return { variable, address: buffer.address, bytes: buffer.bytes, buffer, dataId: variable.dataId, users: 0 };
  }
  const address = backend.memoryBlocks.allocate(buffer.bytes);
  const home = { variable, address, bytes: buffer.bytes, buffer, dataId: variable.dataId, users: 0 };
  bringHome(backend, home);
  return home;
}

/** One plan less; the last one gives the block to the variable's buffer, or back to the allocator. */
export function releaseHome(backend: SimdBackend, home: Home): void {
  home.users--;
  if (home.users > 0) return;
  homesOf(backend).delete(home.variable);
  if (home.buffer.refCount > 0) home.buffer.pinned = false;
  else backend.memoryBlocks.release(home.address, home.bytes);
}

/** Whether the variable's value is at its home and nobody shares it. */
export function isHome({ variable, dataId, buffer }: Home): boolean {
  return variable.dataId === dataId && buffer.refCount === 1;
}

/** Brings a variable's value home. */
export function bringHome(backend: SimdBackend, home: Home): void {
  const { variable, address, bytes } = home;
  if (variable.isDisposed) {
    throw new SkeinError('COMPILE', `variable ${variable.name} was disposed, but a compiled function uses it`, {
      details: { variable: variable.name },
      advice: 'dispose the compiled function with the model, and compile anew for a new model',
    });
  }
  const blocks = backend.memoryBlocks;
  const current = backend.buffer(variable);
  if (current.address === address) {
    // Others share the data: they move out and keep the value.
    const moved = blocks.allocate(bytes);
    blocks.u8.copyWithin(moved, address, address + bytes);
    current.address = moved;
    current.pinned = false;
  } else {
    blocks.u8.copyWithin(address, current.address, current.address + bytes);
  }
  const buffer: Buffer = { dtype: variable.dtype, bytes, address, refCount: 1, pinned: true };
  const dataId = backend.register(buffer);
  const tensor = engine().makeTensorFromTensorInfo({ dataId, shape: variable.shape, dtype: variable.dtype }, backend);
  variable.assign(tensor);
  tensor.dispose();
  home.buffer = buffer;
  home.dataId = dataId;
}
