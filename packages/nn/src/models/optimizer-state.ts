/**
 * The whole state of an optimiser of `tf.train` as plain data. tfjs's own `getWeights` loses the accumulated powers of
 * Adam and recomputes them, so that a resumed run drifts; here every number is kept as it is.
 */

import { SkeinError } from '@skein/core';
import {
  type Optimizer,
  type SGDOptimizer,
  type Tensor,
  tensor,
  tidy,
  util,
  Variable,
  variable,
} from '@tensorflow/tfjs-core';

/** A tensor as plain data. */
export interface PlainTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** State of an optimiser: numbers (step count, learning rate), single variables and lists of slots by field. */
export interface OptimizerState {
  readonly type: string;
  readonly numbers: Readonly<Record<string, number>>;
  readonly variables: Readonly<Record<string, PlainTensor>>;
  readonly slots: Readonly<Record<string, readonly PlainTensor[]>>;
}

interface Slot {
  readonly originalName: string;
  readonly variable: Variable;
}

type Fields = Record<string, unknown>;

function toPlain(name: string, x: Tensor): PlainTensor {
  return { name, shape: [...x.shape], values: Float32Array.from(x.dataSync()) };
}

function isSlotList(value: unknown): value is Slot[] {
  return Array.isArray(value) && value.every((item) => (item as Slot | undefined)?.variable instanceof Variable);
}

/** The variables of an optimiser: those that stand alone and those in its slots. */
export function optimizerVariables(optimizer: Optimizer): Variable[] {
  return Object.values(optimizer).flatMap((value) => {
    if (value instanceof Variable) return [value];
    return isSlotList(value) ? value.map((slot) => slot.variable) : [];
  });
}

/** Copies the state of an optimiser. */
export function optimizerState(optimizer: Optimizer): OptimizerState {
  const numbers: Record<string, number> = { iterations_: optimizer.iterations };
  const variables: Record<string, PlainTensor> = {};
  const slots: Record<string, PlainTensor[]> = {};
  for (const [field, value] of Object.entries(optimizer)) {
    if (typeof value === 'number') numbers[field] = value;
    else if (value instanceof Variable) variables[field] = toPlain(field, value);
    else if (isSlotList(value)) slots[field] = value.map((slot) => toPlain(slot.originalName, slot.variable));
  }
  return { type: optimizer.getClassName(), numbers, variables, slots };
}

/**
 * Puts an optimiser of the same type into a state: the next step is bit for bit the one that the original would take.
 * Variables that exist keep their identity, so compiled functions stay valid.
 * Throws `CHECKPOINT` when the type or a shape differs.
 */
export function setOptimizerState(optimizer: Optimizer, state: OptimizerState): void {
  if (optimizer.getClassName() !== state.type) {
    throw mismatch('type', optimizer.getClassName(), state.type);
  }
  const fields = optimizer as unknown as Fields;
  tidy(() => {
    for (const [field, plain] of Object.entries(state.variables)) assign(field, fields[field] as Variable, plain);
    for (const [field, plains] of Object.entries(state.slots)) restoreSlots(fields, field, plains);
  });
  for (const [field, value] of Object.entries(state.numbers)) fields[field] = value;
  // Where the rate is a variable, it is in its place already.
  if ('learningRate' in state.numbers) setLearningRate(optimizer, state.numbers['learningRate']);
}

/** Sets the learning rate of any optimiser of `tf.train`; compiled functions follow. */
export function setLearningRate(optimizer: Optimizer, learningRate: number): void {
  // SGD and Momentum keep it in a tensor as well. (`instanceof` is no test: tfjs makes it true for any optimiser.)
  if ('setLearningRate' in optimizer) (optimizer as SGDOptimizer).setLearningRate(learningRate);
  else Object.assign(optimizer, { learningRate });
}

function assign(field: string, target: Variable | undefined, plain: PlainTensor): void {
  if (!util.arraysEqual(target?.shape ?? [-1], plain.shape as number[])) {
    throw mismatch(`${field} (${plain.name})`, `shape [${target?.shape}]`, `shape [${plain.shape}]`);
  }
  target!.assign(tensor(plain.values, plain.shape as number[]));
}

function restoreSlots(fields: Fields, field: string, plains: readonly PlainTensor[]): void {
  const slots = (fields[field] ?? []) as Slot[];
  for (const extra of slots.splice(plains.length)) extra.variable.dispose();
  for (const [i, plain] of plains.entries()) {
    if (slots[i] !== undefined) assign(field, slots[i].variable, plain);
    else
      slots[i] = { originalName: plain.name, variable: variable(tensor(plain.values, plain.shape as number[]), false) };
  }
  fields[field] = slots;
}

function mismatch(what: string, expected: string, found: string): SkeinError {
  return new SkeinError('CHECKPOINT', `optimiser state: ${what}: expected ${expected}, got ${found}`, {
    details: { what, expected, found },
    advice: 'resume with the same model and optimiser as the checkpoint was written with',
  });
}
