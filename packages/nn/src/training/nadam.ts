/** Nadam: Adam with Nesterov momentum (Dozat, "Incorporating Nesterov momentum into Adam", 2016). */

import { SkeinError } from '@skein/core';
import {
  add,
  div,
  engine,
  exp,
  expm1,
  mul,
  type NamedTensorMap,
  neg,
  Optimizer,
  scalar,
  serialization,
  sqrt,
  square,
  sub,
  type Tensor,
  tidy,
  type Variable,
  variable,
  zerosLike,
} from '@tensorflow/tfjs-core';

export interface NadamOptions {
  readonly learningRate?: number;
  /** Decay of the first moment. */
  readonly beta1?: number;
  /** Decay of the second moment. */
  readonly beta2?: number;
  readonly epsilon?: number;
  /** How quickly the momentum warms up from half of beta1 to beta1. */
  readonly momentumDecay?: number;
}

export const NADAM_DEFAULTS = {
  learningRate: 2e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  momentumDecay: 4e-3,
} as const satisfies Required<NadamOptions>;

type NamedTensor = Extract<Parameters<Optimizer['applyGradients']>[0], readonly unknown[]>[number];

interface Slot {
  readonly originalName: string;
  readonly variable: Variable;
}

/** Scalars that are the same for all variables in one step. */
interface Factors {
  /** Of the new first moment. */
  readonly moment: Tensor;
  /** Of the gradient. */
  readonly gradient: Tensor;
  /** 1 / (1 - beta2^t). */
  readonly second: Tensor;
}

/**
 * The optimiser behind `nadam`. Step count, product of momenta and learning rate are variables, so that compiled
 * functions replay its steps and follow a schedule without being traced anew.
 */
export class Nadam extends Optimizer {
  static readonly className = 'Nadam';
  private readonly options: Required<NadamOptions>;
  /** The learning rate; set it with `setLearningRate`. */
  readonly rate: Variable;
  private readonly steps: Variable;
  private readonly momentumProduct: Variable;
  private readonly firstMoments: Slot[] = [];
  private readonly secondMoments: Slot[] = [];

  constructor(options: NadamOptions = {}) {
    super();
    this.options = { ...NADAM_DEFAULTS, ...options };
    checkOptions(this.options);
    const [rate, steps, product] = [this.options.learningRate, 0, 1].map((x) => tidy(() => variable(scalar(x), false)));
    this.rate = rate!;
    this.steps = steps!;
    this.momentumProduct = product!;
  }

  /** Sets the learning rate of the next steps. */
  setLearningRate(learningRate: number): void {
    tidy(() => this.rate.assign(scalar(learningRate)));
  }

  override applyGradients(gradients: NamedTensorMap | NamedTensor[]): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    tidy(() => {
      const factors = this.advance();
      for (const [i, { name, tensor }] of named.entries()) if (tensor != null) this.update(i, name, tensor, factors);
    });
    this.incrementIterations();
  }

  /** Counts the step and returns its factors. */
  private advance(): Factors {
    const { beta1, beta2, momentumDecay } = this.options;
    // mu_t = beta1 (1 - 0.96^(t decay) / 2)
    const momentum = (t: Tensor) => sub(beta1, mul(beta1 / 2, exp(mul(t, momentumDecay * Math.log(0.96)))));
    const t = add(this.steps, 1);
    const [now, next] = [momentum(t), momentum(add(t, 1))];
    const product = mul(this.momentumProduct, now);
    this.steps.assign(t);
    this.momentumProduct.assign(product);
    return {
      moment: div(next, sub(1, mul(product, next))),
      gradient: div(sub(1, now), sub(1, product)),
      // expm1, because 1 - beta2^t of the first steps would lose half of its digits.
      second: div(-1, expm1(mul(t, Math.log(beta2)))),
    };
  }

  private update(index: number, name: string, gradient: Tensor, factors: Factors): void {
    const { beta1, beta2, epsilon } = this.options;
    const value = engine().registeredVariables[name]!;
    const first = slot(this.firstMoments, index, `${name}/m`, value);
    const second = slot(this.secondMoments, index, `${name}/v`, value);
    const newFirst = add(mul(first, beta1), mul(gradient, 1 - beta1));
    const newSecond = add(mul(second, beta2), mul(square(gradient), 1 - beta2));
    const direction = add(mul(newFirst, factors.moment), mul(gradient, factors.gradient));
    const spread = add(sqrt(mul(newSecond, factors.second)), epsilon);
    first.assign(newFirst);
    second.assign(newSecond);
    value.assign(add(value, neg(mul(this.rate, div(direction, spread)))));
  }

  override dispose(): void {
    for (const { variable } of [...this.firstMoments, ...this.secondMoments]) variable.dispose();
    for (const own of [this.rate, this.steps, this.momentumProduct]) own.dispose();
  }

  getConfig(): serialization.ConfigDict {
    return { ...this.options };
  }

  static override fromConfig<T extends serialization.Serializable>(
    type: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    return new type(config);
  }
}

serialization.registerClass(Nadam);

function slot(slots: Slot[], index: number, originalName: string, like: Variable): Variable {
  slots[index] ??= { originalName, variable: variable(zerosLike(like), false) };
  return slots[index].variable;
}

function checkOptions(options: Required<NadamOptions>): void {
  const { beta1, beta2 } = options;
  for (const [name, value] of Object.entries(options)) {
    if (!(value >= 0 && Number.isFinite(value))) throw invalid(name, 'a non-negative number', value);
  }
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (value <= 0 || value >= 1) throw invalid(name, 'a number in (0, 1)', value);
  }
}

function invalid(name: string, expected: string, value: number): SkeinError {
  return new SkeinError('CONFIG', `nadam: ${name}: expected ${expected}, got ${value}`);
}

/** Adam with Nesterov momentum, which warms up as in PyTorch's NAdam. Throws `CONFIG`. */
export function nadam(options: NadamOptions = {}): Nadam {
  return new Nadam(options);
}
