/**
 * Optimisers of `tf.train` while a function is traced: each update of a variable becomes one fused step that computes
 * the same as tfjs's chain of operations, and the learning rate stays live. Moments too small for a normal exponent
 * are flushed to zero, because they slow a step down and change nothing else.
 */

import * as core from '@tensorflow/tfjs-core';
import type { LiveParameter, SimdBackend } from '../simd/backend.ts';
import { runProgram } from '../simd/elementwise.ts';
import { ProgramBuilder } from '../simd/program.ts';

type Gradients = core.NamedTensorMap | readonly { readonly name: string; readonly tensor: core.Tensor }[];

/** A slot variable as tfjs's optimisers keep them. */
interface Slot {
  readonly originalName: string;
  readonly variable: core.Variable;
}

/** The fields that the updates below use; tfjs declares them protected. */
interface OptimizerFields {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  momentum: number;
  useNesterov: boolean;
  decay: number;
  centered: boolean;
  accBeta1: core.Variable;
  accBeta2: core.Variable;
  accumulatedFirstMoment: Slot[];
  accumulatedSecondMoment: Slot[];
  accumulations: Slot[];
  accumulatedMeanSquares: Slot[];
  accumulatedMoments: Slot[];
  accumulatedMeanGrads: Slot[];
  incrementIterations(): void;
}

/** One variable with its gradient. */
interface Target {
  readonly index: number;
  readonly name: string;
  readonly value: core.Variable;
  readonly gradient: core.Tensor;
}

function targets(gradients: Gradients): Target[] {
  const list = Array.isArray(gradients)
    ? (gradients as readonly { readonly name: string; readonly tensor: core.Tensor }[])
    : Object.entries(gradients as core.NamedTensorMap).map(([name, tensor]) => ({ name, tensor }));
  const { registeredVariables } = core.engine();
  return list
    .map(({ name, tensor }, index) => ({ index, name, value: registeredVariables[name]!, gradient: tensor }))
    .filter(({ gradient }) => gradient != null);
}

/** The slot of a variable, created as zeros under tfjs's name. */
function slot(slots: Slot[], { index, name, value }: Target, suffix: string): core.Variable {
  slots[index] ??= {
    originalName: `${name}/${suffix}`,
    variable: core.tidy(() => core.variable(core.zerosLike(value), false)),
  };
  return slots[index].variable;
}

type Update = (self: OptimizerFields, target: Target, backend: SimdBackend) => void;

/** Runs a program on tensors and assigns its outputs to variables, in order. */
function assignAll(
  backend: SimdBackend,
  builder: ProgramBuilder,
  values: readonly number[],
  inputs: readonly core.Tensor[],
  variables: readonly core.Variable[],
  live: readonly LiveParameter[],
): void {
  const program = builder.build(values.map((value) => ({ value, dtype: 'float32' as const })));
  runProgram(backend, program, inputs, live).forEach((info, i) => {
    const tensor = core.engine().makeTensorFromTensorInfo(info, backend);
    variables[i]!.assign(tensor as core.Tensor);
    tensor.dispose();
  });
}

/** A parameter that follows a field of the optimiser. */
function follow(
  { index }: { readonly index: number },
  owner: OptimizerFields,
  field: keyof OptimizerFields,
): LiveParameter {
  return { index, owner, field };
}

const floats = (count: number) => new Array<'float32'>(count).fill('float32');

/** value += -learningRate * gradient. */
const sgd: Update = (self, { value, gradient }, backend) => {
  const b = new ProgramBuilder(floats(2));
  const rate = b.parameter(self.learningRate);
  const next = b.op('sub', 0, b.op('mul', rate.value, 1));
  assignAll(backend, b, [next], [value, gradient], [value], [follow(rate, self, 'learningRate')]);
};

/** accumulation = momentum * accumulation + gradient; value -= learningRate * (accumulation, or Nesterov's). */
const momentum: Update = (self, target, backend) => {
  const { value, gradient } = target;
  const accumulation = slot(self.accumulations, target, 'momentum');
  const b = new ProgramBuilder(floats(3));
  const m = b.parameter(self.momentum);
  const rate = b.parameter(self.learningRate);
  const next = b.op('flush', b.op('add', b.op('mul', m.value, 1), 2));
  const direction = self.useNesterov ? b.op('add', 2, b.op('mul', next, m.value)) : next;
  const moved = b.op('sub', 0, b.op('mul', direction, rate.value));
  assignAll(
    backend,
    b,
    [next, moved],
    [value, accumulation, gradient],
    [accumulation, value],
    [follow(m, self, 'momentum'), follow(rate, self, 'learningRate')],
  );
};

/** b.op('add', old * decay, x * (1 - decay)). */
function average(b: ProgramBuilder, old: number, decay: number, x: number): number {
  return b.op('flush', b.op('add', b.op('mul', old, b.constant(decay)), b.op('mul', x, b.constant(1 - decay))));
}

/** Root mean square propagation, plain or centred, with momentum. */
const rmsprop: Update = (self, target, backend) => {
  const { value, gradient } = target;
  const squares = slot(self.accumulatedMeanSquares, target, 'rms');
  const moments = slot(self.accumulatedMoments, target, 'momentum');
  const means = self.centered ? slot(self.accumulatedMeanGrads, target, 'mg') : null;
  const b = new ProgramBuilder(floats(means === null ? 4 : 5));
  const rate = b.parameter(self.learningRate);
  const newSquares = average(b, 1, self.decay, b.op('mul', 3, 3));
  const newMeans = means === null ? null : average(b, 4, self.decay, 3);
  const epsilon = b.constant(self.epsilon);
  const spread =
    newMeans === null
      ? b.op('add', newSquares, epsilon)
      : b.op('sub', newSquares, b.op('add', b.op('mul', newMeans, newMeans), epsilon));
  const step = b.op('div', b.op('mul', 3, rate.value), b.op('sqrt', spread));
  const newMoments = b.op('flush', b.op('add', b.op('mul', 2, b.constant(self.momentum)), step));
  const moved = b.op('sub', 0, newMoments);
  const outputs = [newSquares, newMoments, moved, ...(newMeans === null ? [] : [newMeans])];
  const inputs = [value, squares, moments, gradient, ...(means === null ? [] : [means])];
  const variables = [squares, moments, value, ...(means === null ? [] : [means])];
  assignAll(backend, b, outputs, inputs, variables, [follow(rate, self, 'learningRate')]);
};

/** Adam with bias correction by one minus the accumulated powers, as in tfjs. */
const adam: Update = (self, target, backend) => {
  const { value, gradient } = target;
  const first = slot(self.accumulatedFirstMoment, target, 'm');
  const second = slot(self.accumulatedSecondMoment, target, 'v');
  const b = new ProgramBuilder(floats(6));
  const rate = b.parameter(self.learningRate);
  const one = b.constant(1);
  const newFirst = average(b, 1, self.beta1, 3);
  const newSecond = average(b, 2, self.beta2, b.op('mul', 3, 3));
  // The corrections are the same for all elements: two divisions instead of two for each element.
  const corrected = b.op('mul', newFirst, b.op('div', one, b.op('sub', one, 4)));
  const spread = b.op('sqrt', b.op('mul', newSecond, b.op('div', one, b.op('sub', one, 5))));
  const direction = b.op('div', corrected, b.op('add', spread, b.constant(self.epsilon)));
  const moved = b.op('sub', 0, b.op('mul', direction, rate.value));
  const inputs = [value, first, second, gradient, self.accBeta1, self.accBeta2];
  assignAll(
    backend,
    b,
    [newFirst, newSecond, moved],
    inputs,
    [first, second, value],
    [follow(rate, self, 'learningRate')],
  );
};

/** Advances Adam's accumulated powers once all variables are updated. */
function advanceAdam(self: OptimizerFields): void {
  self.accBeta1.assign(core.mul(self.accBeta1, self.beta1));
  self.accBeta2.assign(core.mul(self.accBeta2, self.beta2));
}

interface Replacement {
  readonly type: { readonly prototype: object };
  readonly update: Update;
  readonly after?: (self: OptimizerFields) => void;
}

const REPLACEMENTS: readonly Replacement[] = [
  { type: core.SGDOptimizer, update: sgd },
  { type: core.MomentumOptimizer, update: momentum },
  { type: core.RMSPropOptimizer, update: rmsprop },
  { type: core.AdamOptimizer, update: adam, after: advanceAdam },
];

function isFused(optimizer: object): boolean {
  return REPLACEMENTS.some(({ type }) => Object.getPrototypeOf(optimizer) === type.prototype);
}

/** What a traced function did to an optimiser outside of tensors. */
export interface OptimizerUse {
  readonly optimizer: core.Optimizer;
  /** The learning rate that is frozen in the plan, or null where it is live. */
  readonly frozenRate: number | null;
}

/** Advances the optimiser's count of steps, as a replayed step does. */
export function countIteration({ optimizer }: OptimizerUse): void {
  (optimizer as unknown as OptimizerFields).incrementIterations();
}

/** Whether a frozen learning rate has changed since. */
export function rateChanged({ optimizer, frozenRate }: OptimizerUse): boolean {
  return frozenRate !== null && (optimizer as unknown as OptimizerFields).learningRate !== frozenRate;
}

function fusedApply(update: Update, after: Replacement['after'], backend: SimdBackend) {
  return function applyGradients(this: OptimizerFields, gradients: Gradients): void {
    core.tidy(() => {
      for (const target of targets(gradients)) update(this, target, backend);
      after?.(this);
    });
    this.incrementIterations();
  };
}

/** Temporarily replaces a method; returns the function that puts the old one back. */
function replaceMethod(prototype: object, name: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  return () => {
    if (own === undefined) delete (prototype as Record<string, unknown>)[name];
    else Object.defineProperty(prototype, name, own);
  };
}

/** Runs `body` with fused updates; steps are not counted but reported to `used`. */
export function withFusedOptimizers<T>(backend: SimdBackend, used: (use: OptimizerUse) => void, body: () => T): T {
  const restore = REPLACEMENTS.map(({ type, update, after }) =>
    replaceMethod(type.prototype, 'applyGradients', fusedApply(update, after, backend)),
  );
  restore.push(
    replaceMethod(core.Optimizer.prototype, 'incrementIterations', function report(this: core.Optimizer): void {
      const rate = (this as unknown as OptimizerFields).learningRate;
      used({ optimizer: this, frozenRate: isFused(this) ? null : rate });
    }),
  );
  try {
    return body();
  } finally {
    for (const put of restore) put();
  }
}
