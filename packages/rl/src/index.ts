/** Public table of contents of @skein/rl. */

export * from './agent/agent.ts';
export * from './agent/evaluate.ts';
export * from './agent/file.ts';
export * from './agent/play.ts';
export * from './agent/policy.ts';
export * from './agent/record.ts';
export * from './algorithms/a2c.ts';
export * from './algorithms/algorithm.ts';
export * from './algorithms/ddpg.ts';
export * from './algorithms/dqn.ts';
export type { DqnDefaults, DqnSchema } from './algorithms/dqn-options.ts';
export * from './algorithms/ppo.ts';
export * from './algorithms/rainbow.ts';
export * from './algorithms/registry.ts';
export * from './algorithms/reinforce.ts';
export * from './algorithms/sac.ts';
export * from './algorithms/td3.ts';
export * from './distributed/limiter.ts';
export type { ActorLink } from './distributed/link.ts';
export type { ActorMode } from './distributed/options.ts';
export * from './env/action-mask.ts';
export * from './env/check.ts';
export * from './env/definition.ts';
export * from './env/environment.ts';
export * from './env/registry.ts';
export * from './env/tabular.ts';
export * from './env/transitions.ts';
export * from './env/vector-env.ts';
export * from './envs/acrobot.ts';
export * from './envs/blackjack.ts';
export * from './envs/cart-pole.ts';
export * from './envs/cliff-walking.ts';
export * from './envs/frozen-lake.ts';
export * from './envs/grid-world.ts';
export * from './envs/mountain-car.ts';
export * from './envs/mountain-car-continuous.ts';
export * from './envs/pendulum.ts';
export * from './envs/taxi.ts';
export { environmentAt } from './external/address.ts';
export { type ExternalOptions, externalEnvironment } from './external/external.ts';
export {
  type NetworkBuilder,
  type NetworkBuilders,
  type NetworkConfig,
  NetworkFactory,
  type NetworkRequest,
  type Topologies,
  type Topology,
} from './network/factory.ts';
export { NOISY_DEFAULTS, NoisyDense, type NoisyDenseOptions, noisyDense } from './network/noisy-dense.ts';
export * from './noise.ts';
export * from './random/numpy-random.ts';
export * from './render/frames.ts';
export * from './render/picture.ts';
export * from './render/terminal.ts';
export * from './replay/n-step.ts';
export * from './replay/prioritised.ts';
export * from './replay/rollout.ts';
export * from './replay/uniform.ts';
export * from './returns.ts';
export * from './schedule.ts';
export * from './statistics/aggregate.ts';
export * from './tabular/action-values.ts';
export * from './tabular/bellman.ts';
export * from './tabular/double-q-learning.ts';
export * from './tabular/dyna-q.ts';
export * from './tabular/expected-sarsa.ts';
export * from './tabular/exploration.ts';
export * from './tabular/learner.ts';
export * from './tabular/monte-carlo.ts';
export * from './tabular/n-step-sarsa.ts';
export { type TabularConfig, tabularOptions } from './tabular/options.ts';
export * from './tabular/policy-evaluation.ts';
export * from './tabular/policy-iteration.ts';
export * from './tabular/q-learning.ts';
export * from './tabular/sarsa.ts';
export * from './tabular/value-iteration.ts';
export * from './training/checkpoint.ts';
export { type Learner, type LearnerRun, trainLearner } from './training/loop.ts';
export * from './training/options.ts';
export * from './training/run.ts';
export * from './training/tuned.ts';
export * from './wrappers/binned.ts';
export * from './wrappers/clip-action.ts';
export * from './wrappers/frame-stack.ts';
export * from './wrappers/map-reward.ts';
export * from './wrappers/normalize.ts';
export * from './wrappers/record-statistics.ts';
export * from './wrappers/rescale-action.ts';
export * from './wrappers/running-statistics.ts';
export * from './wrappers/sticky-actions.ts';
export * from './wrappers/time-limit.ts';
