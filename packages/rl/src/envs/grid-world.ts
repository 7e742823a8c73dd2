/**
 * Grid worlds from a drawing: one letter a tile, four moves, optional slipping. FrozenLake and CliffWalking are two of
 * them; your own takes a map and, for letters beyond the standard ones, what they do.
 */

import { SkeinError } from '@skein/core';
import { type DiscreteDefinition, tabularEnvironment } from '../env/tabular.ts';
import { type Outcome, type TransitionTable, transitionTable } from '../env/transitions.ts';
import { highlighted, square } from '../render/grid.ts';
import type { Picture, Shape } from '../render/picture.ts';

/** What a letter of the map does to one who steps on it. */
export interface Tile {
  /** Reward of ending a step there; default: the world's `stepReward`. */
  readonly reward?: number;
  /** Ends the episode. */
  readonly ends?: boolean;
  /** Cannot be entered: the move leaves one where one is. */
  readonly blocks?: boolean;
  /** Sends back to the start, without ending the episode. */
  readonly toStart?: boolean;
  /** Colour in pictures. */
  readonly fill?: string;
}

/** The letters that every map understands: start, free, wall, hole, goal. */
export const standardTiles = {
  S: { fill: '#cfe8cf' },
  '.': {},
  '#': { blocks: true, fill: '#555555' },
  H: { ends: true, fill: '#34495e' },
  G: { ends: true, reward: 1, fill: '#f4c542' },
} as const satisfies Readonly<Record<string, Tile>>;

/** A direction. */
export type Move = 'left' | 'down' | 'right' | 'up';

const STEPS = { left: [0, -1], down: [1, 0], right: [0, 1], up: [-1, 0] } as const satisfies Record<Move, unknown>;

/** Chances of moving as intended and to each side. */
export interface Slip {
  readonly intended: number;
  readonly side: number;
}

/** What `gridWorld` takes. */
export interface GridWorldOptions {
  /** Rows of letters, all equally long; `S` marks the starts. */
  readonly map: readonly string[];
  readonly id?: string;
  readonly summary?: string;
  /** Letters besides (or instead of) the standard ones. */
  readonly tiles?: Readonly<Record<string, Tile>>;
  /** Meaning of the actions 0 to 3, in turning order: an action's sides are its neighbours. */
  readonly moves?: readonly [Move, Move, Move, Move];
  readonly stepReward?: number;
  readonly slip?: Slip;
  readonly stepLimit?: number | null;
  readonly solvedAt?: number | null;
}

export const gridWorldDefaults = {
  id: 'GridWorld',
  summary: 'walk to the goal of a grid',
  tiles: {},
  moves: ['left', 'down', 'right', 'up'],
  stepReward: 0,
  slip: { intended: 1, side: 0 },
  stepLimit: 100,
  solvedAt: null,
} as const satisfies Omit<GridWorldOptions, 'map'>;

/** A grid world. Its observation is row * columns + column. Throws `INPUT` for a map that cannot be walked. */
export function gridWorld(options: GridWorldOptions): DiscreteDefinition {
  const { id, summary, moves, stepLimit, solvedAt, ...rest } = { ...gridWorldDefaults, ...options };
  const grid = parseGrid({ ...rest, tiles: { ...standardTiles, ...rest.tiles } });
  return tabularEnvironment({
    id,
    summary,
    table: gridTable(grid, moves),
    stepLimit,
    solvedAt,
    describe: {
      observation: `row * ${grid.columns} + column`,
      action: moves.map((move, action) => `${action} ${move}`).join(', '),
    },
    picture: (state) => gridPicture(grid, state),
    text: (state) => gridText(grid.map, state),
  });
}

/** A map that was checked. */
interface Grid {
  readonly map: readonly string[];
  readonly rows: number;
  readonly columns: number;
  readonly tiles: readonly Tile[];
  readonly starts: readonly number[];
  readonly stepReward: number;
  readonly slip: Slip;
}

interface GridParts {
  readonly map: readonly string[];
  readonly tiles: Readonly<Record<string, Tile>>;
  readonly stepReward: number;
  readonly slip: Slip;
}

function parseGrid({ map, tiles, stepReward, slip }: GridParts): Grid {
  const columns = map[0]?.length ?? 0;
  const uneven = map.findIndex((row) => row.length !== columns);
  if (columns === 0) throw new SkeinError('INPUT', 'map: expected at least one row with one letter, got none');
  if (uneven >= 0) {
    throw new SkeinError('INPUT', `map[${uneven}]: expected ${columns} letters, got ${map[uneven]!.length}`);
  }
  const letters = [...map.join('')];
  const unknown = letters.findIndex((letter) => !Object.hasOwn(tiles, letter));
  if (unknown >= 0) {
    const place = `map[${Math.floor(unknown / columns)}][${unknown % columns}]`;
    throw new SkeinError(
      'INPUT',
      `${place}: expected one of ${Object.keys(tiles).join(' ')}, got ${letters[unknown]}`,
      {
        advice: 'say what the letter does in tiles',
      },
    );
  }
  const starts = letters.flatMap((letter, i) => (letter === 'S' ? [i] : []));
  if (starts.length === 0) {
    throw new SkeinError('INPUT', 'map: expected at least one S, got none', { advice: 'mark where episodes start' });
  }
  return {
    map,
    rows: map.length,
    columns,
    tiles: letters.map((letter) => tiles[letter]!),
    starts,
    stepReward,
    slip,
  };
}

function gridTable(grid: Grid, moves: readonly [Move, Move, Move, Move]): TransitionTable {
  const { starts, tiles, slip } = grid;
  const states = tiles.length;
  const start = new Float64Array(states);
  for (const state of starts) start[state] = 1 / starts.length;
  return transitionTable({
    states,
    actions: 4,
    start,
    outcomes: (state, action) => {
      if (tiles[state]!.ends === true) return [{ probability: 1, next: state, reward: 0, terminated: true }];
      const toward = (turn: number, probability: number) => ({
        probability,
        ...destination(grid, state, moves[(action + turn + 4) % 4]!),
      });
      if (slip.side === 0) return [toward(0, slip.intended)];
      return [toward(-1, slip.side), toward(0, slip.intended), toward(1, slip.side)];
    },
  });
}

function destination(grid: Grid, state: number, move: Move): Omit<Outcome, 'probability'> {
  const { rows, columns, tiles, starts, stepReward } = grid;
  const [down, right] = STEPS[move];
  const row = Math.min(rows - 1, Math.max(0, Math.floor(state / columns) + down));
  const column = Math.min(columns - 1, Math.max(0, (state % columns) + right));
  const reached = row * columns + column;
  const entered = tiles[reached]!.blocks === true ? state : reached;
  const { reward = stepReward, ends = false, toStart = false } = tiles[entered]!;
  return { next: toStart ? starts[0]! : entered, reward, terminated: ends };
}

function gridPicture({ rows, columns, tiles }: Grid, state: number): Picture {
  const squares = tiles.map((tile, i): Shape => {
    const x = i % columns;
    const y = rows - 1 - Math.floor(i / columns);
    return { kind: 'polygon', points: square(x + 0.02, y + 0.02, 0.96), fill: tile.fill ?? '#eef2f5' };
  });
  const x = (state % columns) + 0.5;
  const y = rows - 0.5 - Math.floor(state / columns);
  const agent: Shape = { kind: 'circle', x, y, radius: 0.3, fill: '#c0392b' };
  return { left: 0, right: columns, bottom: 0, top: rows, shapes: [...squares, agent] };
}

/** The map with the agent's tile in red, as Gymnasium prints it. */
function gridText(map: readonly string[], state: number): string {
  const columns = map[0]!.length;
  const marked = Math.floor(state / columns);
  return map.map((row, i) => (i === marked ? highlighted(row, state % columns) : row)).join('\n');
}
