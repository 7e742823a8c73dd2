/** Minibatches of a rollout for policy-gradient steps. */

/** A complete rollout with what the learner thinks of it; columns of equal rows. */
export interface Judged {
  readonly inputs: Float32Array;
  readonly actions: Float32Array;
  readonly logDensities: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
}

/** The arrays of one gradient step. */
export interface Minibatch {
  readonly size: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly logDensities: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  readonly clipRange: Float32Array;
  readonly outputs: readonly [Float32Array, Float32Array, Float32Array];
}

/** An empty minibatch. */
export function createMinibatch(size: number, inputs: number, actionSize: number): Minibatch {
  return {
    size,
    observations: new Float32Array(size * inputs),
    actions: new Float32Array(size * actionSize),
    logDensities: new Float32Array(size),
    advantages: new Float32Array(size),
    returns: new Float32Array(size),
    clipRange: new Float32Array(1),
    outputs: [new Float32Array(1), new Float32Array(1), new Float32Array(1)],
  };
}

/** Copies the given rows of a rollout into a minibatch. */
export function gather(judged: Judged, rows: Int32Array, batch: Minibatch): void {
  const copy = (from: Float32Array, to: Float32Array): void => {
    const width = to.length / batch.size;
    for (let i = 0; i < batch.size; i++) {
      for (let k = 0; k < width; k++) to[i * width + k] = from[rows[i]! * width + k]!;
    }
  };
  copy(judged.inputs, batch.observations);
  copy(judged.actions, batch.actions);
  copy(judged.logDensities, batch.logDensities);
  copy(judged.advantages, batch.advantages);
  copy(judged.returns, batch.returns);
}

/** To mean 0 and standard deviation 1, in place. */
export function normalise(values: Float32Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = 1 / (Math.sqrt(variance) + 1e-8);
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) * scale;
}
