/** Policies that are a network and a rule which turns its output into actions. */

import { type Compiled, compile, modelWeights, setModelWeights, type tf } from '@skein/nn';
import type { Policy } from '../agent/policy.ts';
import type { ActionMasks } from '../env/action-mask.ts';
import type { ActionArray, EnvironmentDefinition } from '../env/definition.ts';
import { actionArray } from '../env/vector-env.ts';
import { applyNetwork } from './factory.ts';
import type { Features } from './features.ts';

/** What a network policy is made of. */
export interface NetworkPolicyParts {
  readonly definition: EnvironmentDefinition;
  readonly model: tf.LayersModel;
  /** What the model sees of observations. */
  readonly features: Features;
  /** Numbers that `forward` gives for one observation. */
  readonly outputs: number;
  /** From network inputs to outputs `[rows, outputs]`; the model itself if left out. */
  readonly forward?: (inputs: tf.Tensor) => tf.Tensor;
  /** Writes the actions of all rows, legal ones. */
  decide(outputs: Float32Array, actions: ActionArray, masks: ActionMasks): void;
}

/** The policy of a network. Disposing it disposes the model. */
export function networkPolicy(parts: NetworkPolicyParts): Policy {
  const { definition, model, features, outputs, decide } = parts;
  const forward = parts.forward ?? ((inputs: tf.Tensor) => applyNetwork(model, inputs));
  const compiled: Compiled<[tf.Tensor], tf.Tensor> = compile((inputs: tf.Tensor) => forward(inputs));
  const buffers = new Map<number, { readonly out: Float32Array; readonly actions: ActionArray }>();
  const buffersFor = (count: number) => {
    let found = buffers.get(count);
    if (found === undefined) {
      compiled.prepare({ shape: [count, features.size] });
      found = { out: new Float32Array(count * outputs), actions: actionArray(definition.actionSpec, count) };
      buffers.set(count, found);
    }
    return found;
  };
  return {
    act: (observations, count, masks = null) => {
      const { out, actions } = buffersFor(count);
      compiled.run([features.of(observations, count)], [out]);
      decide(out, actions, masks);
      return actions;
    },
    weights: () => modelWeights(model),
    setWeights: (weights) => setModelWeights(model, weights),
    dispose: () => {
      compiled.dispose();
      model.dispose();
    },
  };
}
