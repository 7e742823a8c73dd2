/**
 * Particle swarm optimisation with Clerc's constriction coefficients (Clerc and Kennedy 2002): every particle is drawn
 * to the best place it has seen and to the best place the swarm has seen.
 *
 * Notation. x: position, v: velocity, p: a particle's best place, g: the swarm's; all [N, L] or [L], positions in the
 * unit cube of the encoding's ranges.
 */

import type { Encoding } from '../encodings/encoding.ts';
import { type EvolutionResult, type EvolveOptions, evolve } from '../evolve.ts';
import { checkLengths } from '../optimiser.ts';
import { improves } from '../outcome.ts';
import { type Evaluated, type Population, populationOf } from '../population.ts';
import {
  checkPopulation,
  PopulationStrategy,
  type StrategyOptions,
  type StrategyState,
  type Told,
} from './population-strategy.ts';

/** What `createParticleSwarm` takes. */
export interface ParticleSwarmOptions<V = Float64Array> extends StrategyOptions<SwarmState> {
  /** `reals` or `mixed`. */
  readonly encoding: Encoding<V, Float64Array>;
  /** Particles, default 40. */
  readonly population?: number;
  /** How much of its velocity a particle keeps. */
  readonly inertia?: number;
  /** Pull to its own best place. */
  readonly cognitive?: number;
  /** Pull to the swarm's best place. */
  readonly social?: number;
}

export const particleSwarmDefaults = { population: 40, inertia: 0.7298, cognitive: 1.49618, social: 1.49618 } as const;

/** What the swarm has learnt, each [N, L] in genes or one number a particle. */
export interface SwarmState {
  readonly positions: Float64Array;
  readonly velocities: Float64Array;
  readonly bestPlaces: Float64Array;
  readonly bestFitness: Float64Array;
  readonly bestViolation: Float64Array;
}

/** A particle swarm to ask and tell. Throws `INPUT` when an option does not fit. */
export function createParticleSwarm<V = Float64Array>(options: ParticleSwarmOptions<V>): ParticleSwarm {
  return new ParticleSwarm(options);
}

/** Runs a particle swarm. */
export function particleSwarm<V = Float64Array>(
  options: ParticleSwarmOptions<V> & EvolveOptions<V, ParticleSwarm>,
): Promise<EvolutionResult<V, StrategyState<SwarmState>>> {
  return evolve(createParticleSwarm(options), options.encoding, options);
}

/** Ask and tell over moves of the swarm. Make one with `createParticleSwarm`. */
export class ParticleSwarm extends PopulationStrategy<SwarmState> {
  readonly #encoding: Encoding<unknown, Float64Array>;
  readonly #pulls: { readonly inertia: number; readonly cognitive: number; readonly social: number };
  readonly #positions: Population<Float64Array>;
  readonly #velocities: Population<Float64Array>;
  readonly #bestPlaces: Population<Float64Array>;
  readonly #bestFitness: Float64Array;
  readonly #bestViolation: Float64Array;

  constructor(options: ParticleSwarmOptions<unknown>) {
    super('particle-swarm', options);
    const { population: size, encoding, ...pulls } = { ...particleSwarmDefaults, ...options };
    checkPopulation(size, 2);
    this.#encoding = encoding;
    this.#pulls = pulls;
    const own = options.state === undefined ? null : this.restore(options.state);
    if (own !== null) checkLengths({ positions: [own.positions, size * encoding.length] });
    const table = (genes?: Float64Array) => populationOf(genes ?? new Float64Array(size * encoding.length), size);
    this.#positions = table(own?.positions);
    this.#velocities = table(own?.velocities);
    this.#bestPlaces = table(own?.bestPlaces);
    this.#bestFitness = own?.bestFitness ?? new Float64Array(size);
    this.#bestViolation = own?.bestViolation ?? new Float64Array(size);
    if (own === null) this.#scatter();
  }

  /** Random positions, and velocities half the way to another random position. */
  #scatter(): void {
    const target = this.#encoding.allocate(this.#encoding.length);
    this.#positions.rows.forEach((x, i) => {
      this.#encoding.sample(x, this.rng);
      this.#encoding.sample(target, this.rng);
      const v = this.#velocities.rows[i]!;
      for (let j = 0; j < x.length; j++) v[j] = (target[j]! - x[j]!) / 2;
    });
  }

  protected override sample(): Population<Float64Array> {
    const { size, genes } = this.#positions;
    if (this.generation > 0) for (let i = 0; i < size; i++) this.#move(i);
    return populationOf(genes.slice(), size);
  }

  #move(i: number): void {
    const { inertia, cognitive, social } = this.#pulls;
    const { low, high } = this.#encoding;
    const [x, v, p] = [this.#positions.rows[i]!, this.#velocities.rows[i]!, this.#bestPlaces.rows[i]!];
    const g = this.best!.genes;
    for (let j = 0; j < x.length; j++) {
      const toOwn = cognitive * this.rng.uniform() * (p[j]! - x[j]!);
      const toSwarm = social * this.rng.uniform() * (g[j]! - x[j]!);
      const fastest = (high[j]! - low[j]!) / 2;
      v[j] = Math.min(fastest, Math.max(-fastest, inertia * v[j]! + toOwn + toSwarm));
      x[j]! += v[j]!;
      // A particle that meets a wall stops there.
      if (x[j]! < low[j]! || x[j]! > high[j]!) {
        x[j] = Math.min(high[j]!, Math.max(low[j]!, x[j]!));
        v[j] = 0;
      }
    }
  }

  protected override learn({ population, fitness, violation }: Told): Evaluated<Float64Array> {
    for (let i = 0; i < population.size; i++) {
      const own = {
        genes: this.#bestPlaces.rows[i]!,
        fitness: this.#bestFitness[i]!,
        violation: this.#bestViolation[i]!,
      };
      if (this.generation > 1 && !improves(fitness[i]!, violation[i]!, own, this.maximise)) continue;
      own.genes.set(population.rows[i]!);
      this.#bestFitness[i] = fitness[i]!;
      this.#bestViolation[i] = violation[i]!;
    }
    return { ...population, fitness };
  }

  protected override learnt(): SwarmState {
    return {
      positions: this.#positions.genes,
      velocities: this.#velocities.genes,
      bestPlaces: this.#bestPlaces.genes,
      bestFitness: this.#bestFitness,
      bestViolation: this.#bestViolation,
    };
  }
}
