/** Inputs and outputs of a model by name, and options that are given once or once for each of them. */

import { SkeinError } from '@skein/core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

/** One value for all, or one for each: as a list or by name. */
export type Each<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** An input or output of a model. */
export interface Port {
  /** Name of its layer. Where a layer has several, their number in the model's list follows. */
  readonly name: string;
  /** Null where a run decides. */
  readonly shape: readonly (number | null)[];
}

/** What a model takes and gives. */
export interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export function portsOf(model: LayersModel): Ports {
  return { inputs: model.inputs.map(toPort), outputs: model.outputs.map(toPort) };
}

function toPort({ sourceLayer, shape }: SymbolicTensor, i: number, all: readonly SymbolicTensor[]): Port {
  const shared = all.filter((other) => other.sourceLayer === sourceLayer).length > 1;
  return { name: shared ? `${sourceLayer.name}_${i}` : sourceLayer.name, shape };
}

/** A value of a port, with its place in what the user gave. */
export interface Placed<T> {
  readonly path: string;
  readonly value: T;
}

/**
 * The value of each port, undefined where none is given. `isOne` tells a value from a list or record of values; one value stands for all ports.
 * Throws `INPUT` for names and numbers that do not fit.
 */
export function forEachPort<T>(
  path: string,
  given: Each<T> | undefined,
  ports: readonly Port[],
  isOne: (value: Each<T>) => value is T,
): Placed<T | undefined>[] {
  if (given === undefined || isOne(given)) return ports.map(() => ({ path, value: given }));
  return Array.isArray(given) ? fromList(path, given, ports) : fromRecord(path, given as Record<string, T>, ports);
}

function fromList<T>(path: string, list: readonly T[], ports: readonly Port[]): Placed<T>[] {
  if (list.length === ports.length) return list.map((value, i) => ({ path: `${path}[${i}]`, value }));
  throw mismatch(path, ports, `a list of ${list.length}`);
}

function fromRecord<T>(
  path: string,
  record: Readonly<Record<string, T>>,
  ports: readonly Port[],
): Placed<T | undefined>[] {
  const unknown = Object.keys(record).find((key) => ports.every(({ name }) => name !== key));
  if (unknown !== undefined) throw mismatch(path, ports, `the key ${unknown}`);
  return ports.map(({ name }) => ({ path: `${path}.${name}`, value: record[name] }));
}

function mismatch(path: string, ports: readonly Port[], found: string): SkeinError {
  const names = ports.map(({ name }) => name);
  return new SkeinError('INPUT', `${path}: expected one for each of ${names.join(', ')}, got ${found}`, {
    details: { path, expected: names },
    advice: 'give a list in the order of the model, or an object with the names of its input or output layers',
  });
}

/** The value of each port. Throws `INPUT` also where one is missing. */
export function forAllPorts<T>(
  path: string,
  given: Each<T>,
  ports: readonly Port[],
  isOne: (value: Each<T>) => value is T,
): Placed<T>[] {
  return forEachPort(path, given, ports, isOne).map((placed) => {
    if (placed.value === undefined) throw mismatch(path, ports, `no value for ${placed.path}`);
    return placed as Placed<T>;
  });
}
