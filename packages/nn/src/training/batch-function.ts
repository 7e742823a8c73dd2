/** Functions on batches, compiled once for each of their shapes. */

import type { Tensor } from '@tensorflow/tfjs-core';
import { type ArrayInput, type Compiled, compile } from '../compile/compile.ts';
import type { Batch } from './data.ts';

/** A batch inside of a compiled function: tensors of each input, output, and output. */
export interface BatchTensors {
  readonly x: readonly Tensor[];
  readonly y: readonly Tensor[];
  readonly weights: readonly Tensor[];
}

/** A function from batches to a fixed number of numbers. */
export class BatchFunction {
  private readonly compiled: Compiled<Tensor[], Tensor>;
  private readonly result: Float32Array;
  /** Shapes of the batch before: its plan is at hand. */
  private shapes = '';

  /** For models with these numbers of inputs and outputs; `results` is how many numbers the function returns. */
  constructor(fn: (batch: BatchTensors) => Tensor, inputs: number, outputs: number, results: number) {
    this.compiled = compile<Tensor[], Tensor>((...all) => {
      const [x, y, weights] = [all.slice(0, inputs), all.slice(inputs, inputs + outputs), all.slice(inputs + outputs)];
      return fn({ x, y, weights });
    });
    this.result = new Float32Array(results);
  }

  /** The function's numbers; the array is used again by the next call. */
  async run({ x, y, weights }: Batch): Promise<Float32Array> {
    const args = [...x, ...y, ...weights.map((own) => ({ data: own, shape: [own.length] }))];
    const shapes = args.map(({ shape }) => shape.join()).join('|');
    // Plain arrays do not say their shape, and without plans nothing else does.
    if (shapes !== this.shapes || this.compiled.planCount === 0) await this.call(args);
    else
      this.compiled.run(
        args.map(({ data }) => data),
        [this.result],
      );
    this.shapes = shapes;
    return this.result;
  }

  private async call(args: readonly ArrayInput[]): Promise<void> {
    const result = this.compiled(...args);
    this.result.set(await result.data());
    result.dispose();
  }

  dispose(): void {
    this.compiled.dispose();
  }
}
