/**
 * Where an algorithm's networks come from: its own perceptrons, or models of the user's. A run keeps the architecture of
 * such a model in its configuration (`networks`), so that checkpoints, agent files and workers can build it again.
 */

import { type Rng, SkeinError, type Static, Type } from '@skein/core';
import { modelWeights, setModelWeights, tf } from '@skein/nn';
import type { EnvironmentDefinition, EnvSpec, ObservationSpec } from '../env/definition.ts';
import { type Features, featuresOf } from './features.ts';
import { drawWeights } from './perceptron.ts';

/** A model's architecture as plain data: its class and configuration in TensorFlow.js's terms. */
export const Topology = Type.Object({
  className: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
});
export type Topology = Static<typeof Topology>;

/** Architectures by role. */
export type Topologies = Readonly<Record<string, Topology>>;

/** Options of what networks are, and of what they see. */
export const networkOptions = {
  scaleObservations: Type.Boolean({
    default: false,
    description: 'show networks observations with finite bounds scaled to [-1, 1]',
  }),
  networks: Type.Optional(
    Type.Record(Type.String(), Topology, {
      description: 'architectures of your own networks, by role; written by a run that was given some',
    }),
  ),
};

/** What a network must be. */
export interface NetworkRequest {
  /** `q`, `actor`, `critic` (values an action) or `value` (values an observation). */
  readonly role: string;
  readonly observationSpec: ObservationSpec;
  readonly actionSpec: EnvSpec;
  /** Numbers of one observation as networks see it: one-hot where it is discrete. */
  readonly observationSize: number;
  /** Numbers of one action, for a role that values actions; else 0. They follow the observation, or are a second input. */
  readonly actionSize: number;
  /** Numbers that the network gives. Actors of `ddpg` and `td3` give actions in [-1, 1]: they end in tanh. */
  readonly outputs: number;
  /** Source of first weights: the same stream at every call for a role. */
  readonly rng: Rng;
}

/** Makes a network. It is called more than once for a role and must give equal models, weights included. */
export type NetworkBuilder = (request: NetworkRequest) => tf.LayersModel;

/** Builders by role, for the roles that should not have the algorithm's own networks. */
export type NetworkBuilders = Readonly<Record<string, NetworkBuilder>>;

/** The values of `networkOptions`. */
export interface NetworkConfig {
  readonly scaleObservations?: boolean;
  readonly networks?: Topologies;
}

/** Makes the networks of one run, and what they see. */
export class NetworkFactory {
  readonly #topologies: Record<string, Topology>;
  readonly #builders: NetworkBuilders;
  readonly #asked = new Set<string>();
  readonly #scaled: boolean;

  constructor(config: NetworkConfig, builders: NetworkBuilders = {}) {
    this.#scaled = config.scaleObservations ?? false;
    this.#topologies = { ...config.networks };
    this.#builders = builders;
  }

  /** Turns observations into what the networks see; a converter of its own at each call. */
  features(spec: ObservationSpec): Features {
    return featuresOf(spec, this.#scaled);
  }

  /** `networks` of the run's configuration, where it has own ones. Throws `CONFIG` for a role that the algorithm lacks. */
  options(): { readonly networks?: Topologies } {
    for (const role of [...Object.keys(this.#topologies), ...Object.keys(this.#builders)]) {
      if (this.#asked.has(role)) continue;
      throw new SkeinError('CONFIG', `networks: expected roles among ${[...this.#asked].join(', ')}, got ${role}`);
    }
    return Object.keys(this.#topologies).length === 0 ? {} : { networks: this.#topologies };
  }

  /** The network of a role: the user's, or `fallback()`. Throws `SHAPE` if it does not fit, `CONFIG` if it varies. */
  make(request: NetworkRequest, fallback: () => tf.LayersModel): tf.LayersModel {
    const { role, rng } = request;
    const builder = this.#builders[role];
    const topology = this.#topologies[role];
    const first = !this.#asked.has(role);
    this.#asked.add(role);
    if (builder !== undefined) return this.#build(builder, request, first);
    if (topology === undefined) return fallback();
    const model = checked(modelOf(topology, role), request);
    drawWeights(model, rng);
    return model;
  }

  #build(builder: NetworkBuilder, request: NetworkRequest, first: boolean): tf.LayersModel {
    const model = checked(builder(request), request);
    if (!first) return model;
    const twin = builder(request);
    const same = equalWeights(modelWeights(model), modelWeights(twin));
    twin.dispose();
    if (!same) {
      model.dispose();
      throw new SkeinError('CONFIG', `network ${request.role}: expected equal weights from equal streams, got others`, {
        advice: 'draw its first weights from the given rng: initialise(model, { rng }) of @skein/nn',
      });
    }
    this.#topologies[request.role] = topologyOf(model);
    return model;
  }
}

/**
 * Outputs `[rows, outputs]` of a network for inputs `[rows, numbers]`, which are reshaped to what its input layers expect;
 * inside of compiled functions too. `actions` are for networks that value them. `training` makes noisy layers noisy.
 */
export function applyNetwork(
  model: tf.LayersModel,
  observations: tf.Tensor,
  { actions, training = false }: { readonly actions?: tf.Tensor; readonly training?: boolean } = {},
): tf.Tensor {
  const parts =
    actions === undefined
      ? [observations]
      : model.inputs.length === 2
        ? [observations, actions]
        : [tf.concat([observations, actions], 1)];
  const shaped = parts.map((part, i) => {
    const shape = model.inputs[i]!.shape.slice(1) as number[];
    return shape.length === 1 ? part : tf.reshape(part, [-1, ...shape]);
  });
  const out = model.apply(shaped.length === 1 ? shaped[0]! : shaped, { training }) as tf.Tensor;
  return out.rank === 2 ? out : tf.reshape(out, [out.shape[0]!, -1]);
}

/** The architecture of a model. */
export function topologyOf(model: tf.LayersModel): Topology {
  const config = JSON.parse(JSON.stringify(model.getConfig())) as Record<string, unknown>;
  return { className: model.getClassName(), config: renamed(config) };
}

/** TensorFlow.js numbers layers through the life of a process; here they are numbered through the model. */
function renamed(config: Record<string, unknown>): Record<string, unknown> {
  const layers = (config['layers'] ?? []) as { readonly config: { readonly name?: unknown } }[];
  const names = new Map(layers.map(({ config: { name } }, i): [unknown, string] => [name, `layer${i}`]));
  names.set(config['name'], 'model');
  /** Names stand under `name` and in lists that tell what is connected. */
  const walk = (value: unknown, isName: boolean): unknown => {
    if (typeof value === 'string') return isName ? (names.get(value) ?? value) : value;
    if (Array.isArray(value)) return value.map((item) => walk(item, isName));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        walk(item, ['name', 'inboundNodes', 'inputLayers', 'outputLayers'].includes(key)),
      ]),
    );
  };
  return walk(config, false) as Record<string, unknown>;
}

/** A model of an architecture, with any weights. Throws `CONFIG` for one that this process cannot build. */
function modelOf({ className, config }: Topology, role: string): tf.LayersModel {
  const known = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (known === undefined) throw cannotBuild(role, `unknown class ${className}`);
  const [made, fromConfig] = known;
  try {
    return fromConfig(made, structuredClone(config) as tf.serialization.ConfigDict) as tf.LayersModel;
  } catch (cause) {
    throw cannotBuild(role, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function cannotBuild(role: string, why: string, cause?: unknown): SkeinError {
  return new SkeinError('CONFIG', `network ${role}: expected an architecture that can be built: ${why}`, {
    advice: 'layers of your own must be registered with tf.serialization.registerClass before an agent is loaded',
    ...(cause === undefined ? {} : { cause }),
  });
}

const numbersOf = (shape: tf.Shape): number => shape.slice(1).reduce<number>((product, n) => product * (n ?? NaN), 1);

/** The model, if it takes and gives what is asked for. Throws `SHAPE`. */
function checked(model: tf.LayersModel, request: NetworkRequest): tf.LayersModel {
  const { role, observationSize, actionSize, outputs } = request;
  const found = { inputs: model.inputs.map(({ shape }) => shape), outputs: model.outputs.map(({ shape }) => shape) };
  const sizes = String(found.inputs.map(numbersOf));
  const fits =
    sizes === String([observationSize + actionSize]) ||
    (actionSize > 0 && sizes === String([observationSize, actionSize]));
  if (fits && String(found.outputs.map(numbersOf)) === String([outputs])) return model;
  const shown = (shapes: readonly tf.Shape[]) => shapes.map((shape) => `[${shape.slice(1)}]`).join(' and ');
  const wanted =
    actionSize === 0
      ? `[${observationSize}]`
      : `[${observationSize + actionSize}], or [${observationSize}] and [${actionSize}]`;
  throw new SkeinError(
    'SHAPE',
    `network ${role}: expected inputs ${wanted} and outputs [${outputs}], got ${shown(found.inputs)} and ${shown(found.outputs)}`,
    { advice: 'build it from the request: observationSize, actionSize and outputs are the numbers of one row' },
  );
}

function equalWeights(a: readonly Float32Array[], b: readonly Float32Array[]): boolean {
  return a.every((values, i) => values.every((value, k) => Object.is(value, b[i]![k])));
}

/** Sets a target network to the weights of the network that it will follow. */
export function copiedFrom(online: tf.LayersModel, target: tf.LayersModel): tf.LayersModel {
  setModelWeights(target, modelWeights(online));
  return target;
}

/** The request of a role for an environment. */
export function networkRequest(
  { observationSpec, actionSpec }: Pick<EnvironmentDefinition, 'observationSpec' | 'actionSpec'>,
  request: Omit<NetworkRequest, 'observationSpec' | 'actionSpec'>,
): NetworkRequest {
  return { observationSpec, actionSpec, ...request };
}
