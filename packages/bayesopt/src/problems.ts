/** Test problems that know their answers (minimised). Optima are recomputed in double precision. */

/** A function to minimise over a box. */
export interface Problem {
  readonly name: string;
  readonly bounds: readonly (readonly [low: number, high: number])[];
  readonly minimum: number;
  /** Where the minimum is taken; all of them where there are several. */
  readonly minimisers: readonly (readonly number[])[];
  f(x: ArrayLike<number>): number;
}

const repeat = <T>(d: number, value: T): T[] => Array<T>(d).fill(value);
const sumOf = (x: ArrayLike<number>, term: (v: number, i: number) => number): number =>
  Array.from(x).reduce((sum, v, i) => sum + term(v, i), 0);

/** Branin (2 inputs, three minima). */
export const branin: Problem = {
  name: 'branin',
  bounds: [
    [-5, 10],
    [0, 15],
  ],
  minimum: 0.39788735772973816,
  minimisers: [
    [-Math.PI, 12.275],
    [Math.PI, 2.275],
    [3 * Math.PI, 2.475],
  ],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]!];
    const bowl = b - (5.1 * a ** 2) / (4 * Math.PI ** 2) + (5 * a) / Math.PI - 6;
    return bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
  },
};

/** Six-hump camel (2 inputs). */
export const sixHumpCamel: Problem = {
  name: 'six-hump-camel',
  bounds: [
    [-3, 3],
    [-2, 2],
  ],
  minimum: -1.0316284534898776,
  minimisers: [
    [0.08984201, -0.7126564],
    [-0.08984201, 0.7126564],
  ],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]!];
    return (4 - 2.1 * a ** 2 + a ** 4 / 3) * a ** 2 + a * b + (-4 + 4 * b ** 2) * b ** 2;
  },
};

/** Goldstein-Price (2 inputs, values from 3 to a million). */
export const goldsteinPrice: Problem = {
  name: 'goldstein-price',
  bounds: repeat(2, [-2, 2] as const),
  minimum: 3,
  minimisers: [[0, -1]],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]!];
    const first = 19 - 14 * a + 3 * a ** 2 - 14 * b + 6 * a * b + 3 * b ** 2;
    const second = 18 - 32 * a + 12 * a ** 2 + 48 * b - 36 * a * b + 27 * b ** 2;
    return (1 + (a + b + 1) ** 2 * first) * (30 + (2 * a - 3 * b) ** 2 * second);
  },
};

const HARTMANN_WEIGHTS = [1, 1.2, 3, 3.2] as const;

function hartmann(a: readonly (readonly number[])[], p: readonly (readonly number[])[]): Problem['f'] {
  return (x) =>
    -HARTMANN_WEIGHTS.reduce((sum, weight, i) => {
      return sum + weight * Math.exp(-sumOf(x, (v, j) => a[i]![j]! * (v - p[i]![j]! * 1e-4) ** 2));
    }, 0);
}

/** Hartmann (3 inputs). */
export const hartmann3: Problem = {
  name: 'hartmann-3',
  bounds: repeat(3, [0, 1] as const),
  minimum: -3.862779787332663,
  minimisers: [[0.11458887, 0.55564889, 0.85254699]],
  f: hartmann(
    [
      [3, 10, 30],
      [0.1, 10, 35],
      [3, 10, 30],
      [0.1, 10, 35],
    ],
    [
      [3689, 1170, 2673],
      [4699, 4387, 7470],
      [1091, 8732, 5547],
      [381, 5743, 8828],
    ],
  ),
};

/** Hartmann (6 inputs); a second basin at -3.2032 traps searches that explore too little. */
export const hartmann6: Problem = {
  name: 'hartmann-6',
  bounds: repeat(6, [0, 1] as const),
  minimum: -3.322368011415515,
  minimisers: [[0.20168951, 0.15001069, 0.47687397, 0.27533243, 0.31165162, 0.65730053]],
  f: hartmann(
    [
      [10, 3, 17, 3.5, 1.7, 8],
      [0.05, 10, 17, 0.1, 8, 14],
      [3, 3.5, 1.7, 10, 17, 8],
      [17, 8, 0.05, 10, 0.1, 14],
    ],
    [
      [1312, 1696, 5569, 124, 8283, 5886],
      [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650],
      [4047, 8828, 8732, 5743, 1091, 381],
    ],
  ),
};

/** Ackley (d inputs). */
export const ackley = (d: number): Problem => ({
  name: `ackley-${d}`,
  bounds: repeat(d, [-32.768, 32.768] as const),
  minimum: 0,
  minimisers: [repeat(d, 0)],
  f: (x) => {
    const radius = Math.sqrt(sumOf(x, (v) => v ** 2) / d);
    const waves = sumOf(x, (v) => Math.cos(2 * Math.PI * v)) / d;
    return 20 * -Math.expm1(-0.2 * radius) + Math.E - Math.exp(waves);
  },
});

/** Rosenbrock (d inputs): a curved valley. */
export const rosenbrock = (d: number): Problem => ({
  name: `rosenbrock-${d}`,
  bounds: repeat(d, [-5, 10] as const),
  minimum: 0,
  minimisers: [repeat(d, 1)],
  f: (x) => sumOf(x, (v, i) => (i + 1 < d ? 100 * (x[i + 1]! - v ** 2) ** 2 + (1 - v) ** 2 : 0)),
});

/** Rastrigin (d inputs): a bowl with a lattice of local minima. */
export const rastrigin = (d: number): Problem => ({
  name: `rastrigin-${d}`,
  bounds: repeat(d, [-5.12, 5.12] as const),
  minimum: 0,
  minimisers: [repeat(d, 0)],
  f: (x) => sumOf(x, (v) => v ** 2 + 10 * (1 - Math.cos(2 * Math.PI * v))),
});

/** Levy (d inputs). */
export const levy = (d: number): Problem => ({
  name: `levy-${d}`,
  bounds: repeat(d, [-10, 10] as const),
  minimum: 0,
  minimisers: [repeat(d, 1)],
  f: (x) => {
    const w = Array.from(x, (v) => 1 + (v - 1) / 4);
    const last = w[d - 1]!;
    const middle = sumOf(w.slice(0, -1), (v) => (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2));
    return Math.sin(Math.PI * w[0]!) ** 2 + middle + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
  },
});

/** Sphere (d inputs). */
export const sphere = (d: number): Problem => ({
  name: `sphere-${d}`,
  bounds: repeat(d, [-5.12, 5.12] as const),
  minimum: 0,
  minimisers: [repeat(d, 0)],
  f: (x) => sumOf(x, (v) => v ** 2),
});

/** Griewank (d inputs). */
export const griewank = (d: number): Problem => ({
  name: `griewank-${d}`,
  bounds: repeat(d, [-600, 600] as const),
  minimum: 0,
  minimisers: [repeat(d, 0)],
  f: (x) =>
    sumOf(x, (v) => v ** 2) / 4000 + 1 - Array.from(x).reduce((p, v, i) => p * Math.cos(v / Math.sqrt(i + 1)), 1),
});

/** Dixon-Price (d inputs). */
export const dixonPrice = (d: number): Problem => ({
  name: `dixon-price-${d}`,
  bounds: repeat(d, [-10, 10] as const),
  minimum: 0,
  minimisers: [Array.from({ length: d }, (_, i) => 2 ** -((2 ** (i + 1) - 2) / 2 ** (i + 1)))],
  f: (x) => sumOf(x, (v, i) => (i === 0 ? (v - 1) ** 2 : (i + 1) * (2 * v ** 2 - x[i - 1]!) ** 2)),
});

/** Beale (2 inputs). */
export const beale: Problem = {
  name: 'beale',
  bounds: repeat(2, [-4.5, 4.5] as const),
  minimum: 0,
  minimisers: [[3, 0.5]],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]!];
    return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b ** 2) ** 2 + (2.625 - a + a * b ** 3) ** 2;
  },
};

/** Powell (d inputs, a multiple of 4). */
export const powell = (d: number): Problem => ({
  name: `powell-${d}`,
  bounds: repeat(d, [-4, 5] as const),
  minimum: 0,
  minimisers: [repeat(d, 0)],
  f: (x) =>
    sumOf(repeat(d / 4, 0), (_, k) => {
      const [a, b, c, e] = [x[4 * k]!, x[4 * k + 1]!, x[4 * k + 2]!, x[4 * k + 3]!];
      return (a + 10 * b) ** 2 + 5 * (c - e) ** 2 + (b - 2 * c) ** 4 + 10 * (a - e) ** 4;
    }),
});

/** Styblinski-Tang (d inputs). */
export const styblinskiTang = (d: number): Problem => ({
  name: `styblinski-tang-${d}`,
  bounds: repeat(d, [-5, 5] as const),
  minimum: -39.166165703771426 * d,
  minimisers: [repeat(d, -2.903534027771177)],
  f: (x) => sumOf(x, (v) => v ** 4 - 16 * v ** 2 + 5 * v) / 2,
});

/** Michalewicz (2 inputs, steepness 10). */
export const michalewicz2: Problem = {
  name: 'michalewicz-2',
  bounds: repeat(2, [0, Math.PI] as const),
  minimum: -1.801303410098554,
  minimisers: [[2.20290552, 1.57079633]],
  f: (x) => -sumOf(x, (v, i) => Math.sin(v) * Math.sin(((i + 1) * v ** 2) / Math.PI) ** 20),
};

/** Eggholder (2 inputs); the minimum lies on the border. */
export const eggholder: Problem = {
  name: 'eggholder',
  bounds: repeat(2, [-512, 512] as const),
  minimum: -959.6406627208506,
  minimisers: [[512, 404.23180516]],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]! + 47];
    return -b * Math.sin(Math.sqrt(Math.abs(b + a / 2))) - a * Math.sin(Math.sqrt(Math.abs(a - b)));
  },
};

/** Holder table (2 inputs, four minima). */
export const holderTable: Problem = {
  name: 'holder-table',
  bounds: repeat(2, [-10, 10] as const),
  minimum: -19.208502567886743,
  minimisers: [
    [8.05502347, 9.66459002],
    [8.05502347, -9.66459002],
    [-8.05502347, 9.66459002],
    [-8.05502347, -9.66459002],
  ],
  f: (x) => {
    const [a, b] = [x[0]!, x[1]!];
    return -Math.abs(Math.sin(a) * Math.cos(b) * Math.exp(Math.abs(1 - Math.hypot(a, b) / Math.PI)));
  },
};

/**
 * The problem on the same box with its minimum moved by `offset` (a fraction of each side): for problems whose minimum
 * is the centre of the box, which a first trial there would find by luck. Points moved out of the box are evaluated.
 */
export function shifted(problem: Problem, offset: ArrayLike<number>): Problem {
  const move = problem.bounds.map(([low, high], j) => (high - low) * offset[j]!);
  return {
    ...problem,
    name: `${problem.name}-shifted`,
    minimisers: problem.minimisers.map((x) => x.map((v, j) => v + move[j]!)),
    f: (x) => problem.f(Array.from(x, (v, j) => v - move[j]!)),
  };
}
