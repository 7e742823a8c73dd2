/** The archive of MAP-Elites: a grid over behaviour descriptors whose cells hold the best individual that fell there. */

import { SkeinError } from '@skein/core';
import type { Encoding } from '../encodings/encoding.ts';
import { type Genes, type Population, populationOf } from '../population.ts';

/** One axis of the grid: descriptor values from `low` to `high` in `cells` equal parts; values beyond count as the ends. */
export interface DescriptorAxis {
  readonly name?: string;
  readonly low: number;
  readonly high: number;
  readonly cells: number;
}

/** An archive as plain data: the columns of the occupied cells, in the order in which they were first filled. */
export interface StoredArchive<G extends Genes = Genes> {
  readonly cells: Int32Array;
  /** [occupied, L] */
  readonly genes: G;
  readonly fitness: Float64Array;
  /** [occupied, axes] */
  readonly descriptors: Float64Array;
}

/** Elites by cell. */
export class Archive<G extends Genes> {
  readonly axes: readonly DescriptorAxis[];
  /** Number of cells of the grid. */
  readonly cells: number;
  readonly #elites: Population<G>;
  readonly #fitness: Float64Array;
  readonly #descriptors: Float64Array;
  readonly #placeOf = new Map<number, number>();

  constructor(encoding: Encoding<unknown, G>, axes: readonly DescriptorAxis[]) {
    axes.forEach(checkAxis);
    if (axes.length === 0) throw new SkeinError('INPUT', 'axes: expected at least one descriptor, got none');
    this.axes = axes;
    this.cells = axes.reduce((product, axis) => product * axis.cells, 1);
    this.#elites = populationOf(encoding.allocate(this.cells * encoding.length), this.cells);
    this.#fitness = new Float64Array(this.cells);
    this.#descriptors = new Float64Array(this.cells * axes.length);
  }

  /** Number of occupied cells. */
  get size(): number {
    return this.#placeOf.size;
  }

  /** The cell of a descriptor: its number in row-major order of the axes. */
  cellOf(descriptor: ArrayLike<number>): number {
    return this.axes.reduce((cell, { low, high, cells }, a) => {
      const part = Math.floor(((descriptor[a]! - low) / (high - low)) * cells);
      return cell * cells + Math.min(cells - 1, Math.max(0, part));
    }, 0);
  }

  /** Offers an individual to its cell; true if it was empty or its elite is worse. */
  offer(genes: G, fitness: number, descriptor: ArrayLike<number>, maximise: boolean): boolean {
    const cell = this.cellOf(descriptor);
    const known = this.#placeOf.get(cell);
    if (known !== undefined && (maximise ? fitness <= this.#fitness[known]! : fitness >= this.#fitness[known]!))
      return false;
    const place = known ?? this.size;
    this.#placeOf.set(cell, place);
    (this.#elites.rows[place] as G).set(genes);
    this.#fitness[place] = fitness;
    this.#descriptors.set(descriptor, place * this.axes.length);
    return true;
  }

  /** The elites and their fitness, in the order in which their cells were first filled; views that later offers change. */
  elites(): Population<G> & { readonly fitness: Float64Array } {
    const { length } = this.#elites;
    const taken = this.#elites.genes.subarray(0, this.size * length) as G;
    return { ...populationOf(taken, this.size), length, fitness: this.#fitness.subarray(0, this.size) };
  }

  /** The grid's fitness values in row-major order of the axes, NaN for empty cells: what a heat map draws. */
  grid(): Float64Array {
    const grid = new Float64Array(this.cells).fill(Number.NaN);
    for (const [cell, place] of this.#placeOf) grid[cell] = this.#fitness[place]!;
    return grid;
  }

  /** The archive as plain data, copied. */
  stored(): StoredArchive<G> {
    const { genes, fitness } = this.elites();
    return {
      cells: Int32Array.from(this.#placeOf.keys()),
      genes: genes.slice() as G,
      fitness: fitness.slice(),
      descriptors: this.#descriptors.slice(0, this.size * this.axes.length),
    };
  }

  /** Fills an empty archive from plain data. */
  restore({ cells, genes, fitness, descriptors }: StoredArchive<G>): void {
    this.#elites.genes.set(genes);
    this.#fitness.set(fitness);
    this.#descriptors.set(descriptors);
    cells.forEach((cell, place) => {
      this.#placeOf.set(cell, place);
    });
  }
}

function checkAxis({ low, high, cells }: DescriptorAxis, a: number): void {
  if (low < high && Number.isFinite(high - low) && Number.isInteger(cells) && cells > 0) return;
  throw new SkeinError(
    'INPUT',
    `axes[${a}]: expected finite low < high and a positive number of cells, got ${low}, ${high} and ${cells}`,
  );
}
