/** A binary tree of sums over `capacity` non-negative numbers: setting one and finding by cumulative sum take O(log n). */
export class SumTree {
  readonly #capacity: number;
  /** Leaves start at `#leaves`; node i sums nodes 2i and 2i + 1. */
  readonly #leaves: number;
  readonly #nodes: Float64Array;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, capacity)));
    this.#nodes = new Float64Array(2 * this.#leaves);
  }

  /** The sum of all numbers. */
  get total(): number {
    return this.#nodes[1]!;
  }

  get(index: number): number {
    return this.#nodes[this.#leaves + index]!;
  }

  set(index: number, value: number): void {
    let node = this.#leaves + index;
    this.#nodes[node] = value;
    for (node >>= 1; node >= 1; node >>= 1) this.#nodes[node] = this.#nodes[2 * node]! + this.#nodes[2 * node + 1]!;
  }

  /** The index whose part of [0, total) holds `target`, parts in order of index. */
  find(target: number): number {
    let rest = target;
    let node = 1;
    while (node < this.#leaves) {
      node *= 2;
      const left = this.#nodes[node]!;
      // A target at the very end may pass the last number by rounding: an empty right half is never entered.
      if (rest < left || this.#nodes[node + 1] === 0) continue;
      rest -= left;
      node++;
    }
    return Math.min(node - this.#leaves, this.#capacity - 1);
  }

  /** A copy of the first `count` numbers. */
  values(count: number): Float64Array {
    return this.#nodes.slice(this.#leaves, this.#leaves + count);
  }

  /** Replaces the first numbers, sets the others to 0. */
  fill(values: Float64Array): void {
    this.#nodes.fill(0).set(values, this.#leaves);
    for (let node = this.#leaves - 1; node >= 1; node--) {
      this.#nodes[node] = this.#nodes[2 * node]! + this.#nodes[2 * node + 1]!;
    }
  }
}
