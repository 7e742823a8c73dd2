/**
 * Taxi (Dietterich, "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition", 2000): fetch a
 * passenger at one of four stands and bring them to another. Gymnasium's dynamics; the rain and the fickle passenger
 * are those of Taxi-v4. Actions: 0 south, 1 north, 2 east, 3 west, 4 pick up, 5 drop off.
 */

import { SkeinError } from '@skein/core';
import { type DiscreteDefinition, TABULAR_STATE_SIZE, tabularEnvironment } from '../env/tabular.ts';
import { type Outcome, type TransitionTable, transitionTable } from '../env/transitions.ts';
import { highlighted, square } from '../render/grid.ts';
import type { Picture, Shape } from '../render/picture.ts';

/** `:` can be crossed, `|` is a wall; cell (row, column) is at [1 + row][1 + 2 * column]. */
const MAP = ['+---------+', '|R: | : :G|', '| : | : : |', '| : : : : |', '| | : | : |', '|Y| : |B: |', '+---------+'];
const SIZE = 5;
/** Cells of the stands R, G, Y and B. */
const STANDS: readonly number[] = [0, 4, 20, 23];
const STAND_COLOURS = ['#e05d5d', '#66b96a', '#e6c84c', '#5c86d6'] as const;
/** The passenger's place when in the taxi. */
const ABOARD = 4;
const STATES = SIZE * SIZE * 5 * 4;

const SOUTH = 0;
const NORTH = 1;
const EAST = 2;
const WEST = 3;
const PICK_UP = 4;
/** The moves to the left and to the right of each move. */
const SIDES = [
  [EAST, WEST],
  [WEST, EAST],
  [NORTH, SOUTH],
  [SOUTH, NORTH],
] as const;

/** A state in parts. `cell` is row * 5 + column. */
interface Parts {
  readonly cell: number;
  readonly passenger: number;
  readonly destination: number;
}

const encode = ({ cell, passenger, destination }: Parts): number => (cell * 5 + passenger) * 4 + destination;
const decode = (state: number): Parts => ({
  cell: Math.floor(state / 20),
  passenger: Math.floor(state / 4) % 5,
  destination: state % 4,
});

/** What `taxi` takes. */
export interface TaxiOptions {
  readonly id?: string;
  /** Moves go astray in the rain. */
  readonly rainy?: boolean;
  /** In the rain, the chance of moving as intended; the rest is split between the two sides. */
  readonly rainyProbability?: number;
  /** The passenger may change their mind on the first move after entering. Such a world has no transition table. */
  readonly fickle?: boolean;
  readonly fickleProbability?: number;
  readonly stepLimit?: number;
}

export const taxiDefaults = {
  id: 'Taxi-v4',
  rainy: false,
  rainyProbability: 0.8,
  fickle: false,
  fickleProbability: 0.3,
  stepLimit: 200,
} as const satisfies TaxiOptions;

/** A Taxi definition. The legal actions of its masks are those that change the state. */
export function taxi(options: TaxiOptions = {}): DiscreteDefinition {
  const { id, rainy, rainyProbability, fickle, fickleProbability, stepLimit } = { ...taxiDefaults, ...options };
  const definition = tabularEnvironment({
    id,
    summary: 'fetch a passenger and bring them to their destination',
    table: taxiTable(rainy ? rainyProbability : 1),
    stepLimit,
    solvedAt: 8,
    describe: {
      observation: '((row * 5 + column) * 5 + passenger) * 4 + destination',
      action: '0 south, 1 north, 2 east, 3 west, 4 pick up, 5 drop off',
    },
    picture,
    text,
  });
  const masked: DiscreteDefinition = {
    ...definition,
    actionMask: (state, at, out, outAt) => out.set(actionMask(state[at]!), outAt),
  };
  return fickle ? withFicklePassenger(masked, fickleProbability) : masked;
}

function taxiTable(intended: number): TransitionTable {
  const isStart = ({ passenger, destination }: Parts): boolean => passenger !== ABOARD && passenger !== destination;
  const side = (1 - intended) / 2;
  return transitionTable({
    states: STATES,
    actions: 6,
    start: Float64Array.from({ length: STATES }, (_, state) => (isStart(decode(state)) ? 1 / 300 : 0)),
    outcomes: (state, action) => {
      const parts = decode(state);
      if (action >= PICK_UP) return [action === PICK_UP ? pickUp(parts) : dropOff(parts)];
      const blocked = moved(parts.cell, action) === parts.cell;
      const toward = (move: number, probability: number): Outcome => ({
        probability,
        next: encode({ ...parts, cell: blocked ? parts.cell : moved(parts.cell, move) }),
        reward: -1,
        terminated: false,
      });
      if (intended === 1) return [toward(action, 1)];
      const [left, right] = SIDES[action]!;
      return [toward(action, intended), toward(left, side), toward(right, side)];
    },
  });
}

/** The cell that a move leads to. Walls stand only between columns. */
function moved(cell: number, move: number): number {
  const row = Math.floor(cell / SIZE);
  const column = cell % SIZE;
  switch (move) {
    case SOUTH:
      return row < SIZE - 1 ? cell + SIZE : cell;
    case NORTH:
      return row > 0 ? cell - SIZE : cell;
    case EAST:
      return MAP[1 + row]![2 * column + 2] === ':' ? cell + 1 : cell;
    default:
      return MAP[1 + row]![2 * column] === ':' ? cell - 1 : cell;
  }
}

const certain = (parts: Parts, reward: number, terminated = false): Outcome => ({
  probability: 1,
  next: encode(parts),
  reward,
  terminated,
});

function pickUp(parts: Parts): Outcome {
  return parts.cell === STANDS[parts.passenger] ? certain({ ...parts, passenger: ABOARD }, -1) : certain(parts, -10);
}

function dropOff(parts: Parts): Outcome {
  const stand = STANDS.indexOf(parts.cell);
  if (parts.passenger !== ABOARD || stand < 0) return certain(parts, -10);
  const delivered = stand === parts.destination;
  return certain({ ...parts, passenger: stand }, delivered ? 20 : -1, delivered);
}

function actionMask(state: number): number[] {
  const parts = decode(state);
  const moves = [SOUTH, NORTH, EAST, WEST].map((move) => (moved(parts.cell, move) === parts.cell ? 0 : 1));
  const atStand = STANDS.includes(parts.cell);
  const canEnter = parts.cell === STANDS[parts.passenger];
  return [...moves, canEnter ? 1 : 0, parts.passenger === ABOARD && atStand ? 1 : 0];
}

/** Adds one number to the row: 1 while the passenger may still change their mind. */
function withFicklePassenger(dry: DiscreteDefinition, probability: number): DiscreteDefinition {
  if (!(probability >= 0 && probability <= 1)) {
    throw new SkeinError('INPUT', `fickleProbability: expected a number in [0, 1], got ${probability}`);
  }
  const { transitions: _table, ...definition } = dry;
  return {
    ...definition,
    stateSize: TABULAR_STATE_SIZE + 1,
    begin: (state, at, random) => {
      dry.begin(state, at, random);
      state[at + TABULAR_STATE_SIZE] = random.random() < probability ? 1 : 0;
    },
    advance: (state, at, actions, actionAt, random) => {
      const before = decode(state[at]!);
      const reward = dry.advance(state, at, actions, actionAt, random);
      const after = decode(state[at]!);
      const changes = state[at + TABULAR_STATE_SIZE] === 1 && before.passenger === ABOARD;
      if (!changes || before.cell === after.cell) return reward;
      state[at + TABULAR_STATE_SIZE] = 0;
      const others = [0, 1, 2, 3].filter((stand) => stand !== before.destination);
      state[at] = encode({ ...after, destination: others[random.integer(3)]! });
      return reward;
    },
  };
}

/** The taxi in yellow (green with the passenger), the passenger in blue, the destination in magenta. */
function text(state: number): string {
  const { cell, passenger, destination } = decode(state);
  const marks = [
    { cell: STANDS[destination]!, colour: 45 },
    ...(passenger === ABOARD ? [] : [{ cell: STANDS[passenger]!, colour: 44 }]),
    { cell, colour: passenger === ABOARD ? 42 : 43 },
  ];
  return MAP.map((line, i) => {
    const inRow = new Map(
      marks.filter((mark) => Math.floor(mark.cell / SIZE) === i - 1).map((mark) => [mark.cell % SIZE, mark.colour]),
    );
    const fromRight = [...inRow].sort(([a], [b]) => b - a);
    return fromRight.reduce((row, [column, colour]) => highlighted(row, 1 + 2 * column, colour), line);
  }).join('\n');
}

function picture(state: number): Picture {
  const { cell, passenger, destination } = decode(state);
  const x = (at: number): number => at % SIZE;
  const y = (at: number): number => SIZE - 1 - Math.floor(at / SIZE);
  const stands = STANDS.map(
    (stand, i): Shape => ({ kind: 'polygon', points: square(x(stand), y(stand), 1), fill: STAND_COLOURS[i]! }),
  );
  const goal = STANDS[destination]!;
  const waiting: Shape[] =
    passenger === ABOARD
      ? []
      : [
          {
            kind: 'circle',
            x: x(STANDS[passenger]!) + 0.5,
            y: y(STANDS[passenger]!) + 0.5,
            radius: 0.15,
            fill: 'black',
          },
        ];
  const shapes: Shape[] = [
    ...stands,
    ...walls(),
    { kind: 'text', x: x(goal) + 0.5, y: y(goal) + 0.82, size: 0.25, fill: 'black', text: 'goal' },
    {
      kind: 'polygon',
      points: square(x(cell) + 0.25, y(cell) + 0.2, 0.5),
      fill: passenger === ABOARD ? 'green' : 'orange',
    },
    ...waiting,
  ];
  return { left: -0.05, right: SIZE + 0.05, bottom: -0.05, top: SIZE + 0.05, shapes };
}

function walls(): Shape[] {
  return Array.from(
    { length: SIZE * (SIZE - 1) },
    (_, i) => [Math.floor(i / (SIZE - 1)), 1 + (i % (SIZE - 1))] as const,
  )
    .filter(([row, column]) => MAP[1 + row]![2 * column] === '|')
    .map(([row, column]) => ({
      kind: 'line',
      points: [
        [column, SIZE - row],
        [column, SIZE - 1 - row],
      ],
      stroke: 'black',
      width: 0.06,
    }));
}
