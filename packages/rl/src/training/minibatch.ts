/** Minibatches of a rollout for policy-gradient steps. */

/** A complete rollout with what the learner thinks of it; columns of equal rows. */
export interface Judged {
  readonly inputs: Float32Array;
  readonly actions: Float32Array;
  /** Legal actions; empty where all are. */
  readonly masks: Uint8Array;
  readonly logDensities: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
}

/** The arrays of one gradient step. */
export interface Minibatch {
  /** Rows that it has room for. */
  readonly size: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly masks: Uint8Array;
  readonly logDensities: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  /** 1 for the rows that are taken, else 0. */
  readonly weights: Float32Array;
  readonly clipRange: Float32Array;
  readonly outputs: readonly [Float32Array, Float32Array, Float32Array];
}

/** An empty minibatch. */
export function createMinibatch(size: number, inputs: number, actionSize: number, maskSize = 0): Minibatch {
  return {
    size,
    observations: new Float32Array(size * inputs),
    actions: new Float32Array(size * actionSize),
    masks: new Uint8Array(size * maskSize),
    logDensities: new Float32Array(size),
    advantages: new Float32Array(size),
    returns: new Float32Array(size),
    weights: new Float32Array(size),
    clipRange: new Float32Array(1),
    outputs: [new Float32Array(1), new Float32Array(1), new Float32Array(1)],
  };
}

/** Copies the given rows of a rollout into a minibatch with room for them; the rest of it is zeros. */
export function gather(judged: Judged, rows: Int32Array, batch: Minibatch): void {
  const copy = (from: Float32Array | Uint8Array, to: Float32Array | Uint8Array): void => {
    const width = to.length / batch.size;
    for (let i = 0; i < rows.length; i++) {
      for (let k = 0; k < width; k++) to[i * width + k] = from[rows[i]! * width + k]!;
    }
    to.fill(0, rows.length * width);
  };
  copy(judged.inputs, batch.observations);
  copy(judged.actions, batch.actions);
  copy(judged.masks, batch.masks);
  copy(judged.logDensities, batch.logDensities);
  copy(judged.advantages, batch.advantages);
  copy(judged.returns, batch.returns);
  batch.weights.fill(1, 0, rows.length).fill(0, rows.length);
}

/** To mean 0 and standard deviation 1, in place. */
export function normalise(values: Float32Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = 1 / (Math.sqrt(variance) + 1e-8);
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) * scale;
}
