/**
 * Blackjack (Sutton and Barto, "Reinforcement Learning: An Introduction", example 5.1) with an infinite deck. Actions:
 * 0 stick, 1 hit. Gymnasium's rules and its order of draws.
 */

import { type DiscreteSpec, discrete, type MultiDiscreteSpec, multiDiscrete } from '@skein/core';
import type { EnvironmentDefinition } from '../env/definition.ts';
import type { NumpyRandom } from '../random/numpy-random.ts';
import type { Picture } from '../render/picture.ts';

/** What `blackjack` takes. */
export interface BlackjackOptions {
  readonly id?: string;
  /** The book's rule, which overrides `natural`: a natural wins 1 unless the dealer has one too. */
  readonly book?: boolean;
  /** A winning natural (an ace and a ten at once) pays 1.5. */
  readonly natural?: boolean;
}

export const blackjackDefaults = { id: 'Blackjack-v1', book: true, natural: false } as const satisfies BlackjackOptions;

/** Places in a row: the player's sum, the dealer's open card, 1 if an ace counts 11, the dealer's hidden card, ... */
const SUM = 0;
const OPEN = 1;
const USABLE_ACE = 2;
const HIDDEN = 3;
/** ... the number of the player's cards, and 1 once the game is over. */
const CARDS = 4;
const OVER = 5;

/** A hand: its sum, and whether an ace in it counts 11. */
interface Hand {
  readonly sum: number;
  readonly usableAce: boolean;
}

/** A blackjack definition. */
export function blackjack(options: BlackjackOptions = {}): EnvironmentDefinition<MultiDiscreteSpec, DiscreteSpec> {
  const { id, book, natural } = { ...blackjackDefaults, ...options };
  return {
    id,
    summary: 'come closer to 21 than the dealer without going over it',
    observationSpec: multiDiscrete([32, 11, 2], {
      name: 'observation',
      description: "the player's sum, the dealer's open card (1 is an ace), 1 if the player has an ace that counts 11",
    }),
    actionSpec: discrete(2, { name: 'action', description: '0 sticks, 1 hits' }),
    stepLimit: null,
    solvedAt: null,
    stateSize: 6,
    begin: deal,
    advance: (state, at, actions, actionAt, random) => {
      if (actions[actionAt] === 1) return hit(state, at, random);
      state[at + OVER] = 1;
      return stick(state, at, random, book, natural);
    },
    isTerminal: (state, at) => state[at + OVER] === 1,
    observe: (state, at, out, outAt) => {
      for (let i = SUM; i <= USABLE_ACE; i++) out[outAt + i] = state[at + i]!;
    },
    picture,
    text: (state, at) => {
      const ace = state[at + USABLE_ACE] === 1 ? ' with a usable ace' : '';
      return `player ${state[at + SUM]}${ace}, dealer shows ${cardName(state[at + OPEN]!)}`;
    },
  };
}

/** Ace to nine count their number, ten and the pictures 10. */
const draw = (random: NumpyRandom): number => Math.min(10, random.integer(13) + 1);

const EMPTY: Hand = { sum: 0, usableAce: false };

function withCard({ sum, usableAce }: Hand, card: number): Hand {
  const hard = sum - (usableAce ? 10 : 0) + card;
  const usable = (usableAce || card === 1) && hard + 10 <= 21;
  return { sum: hard + (usable ? 10 : 0), usableAce: usable };
}

function deal(state: Float64Array, at: number, random: NumpyRandom): void {
  state[at + OPEN] = draw(random);
  state[at + HIDDEN] = draw(random);
  setPlayer(state, at, withCard(withCard(EMPTY, draw(random)), draw(random)));
  state[at + CARDS] = 2;
  state[at + OVER] = 0;
  // Gymnasium draws the open card's suit and picture here, so the stream goes on from there.
  random.integer(4);
  if (state[at + OPEN] === 10) random.integer(3);
}

function setPlayer(state: Float64Array, at: number, hand: Hand): void {
  state[at + SUM] = hand.sum;
  state[at + USABLE_ACE] = hand.usableAce ? 1 : 0;
}

function hit(state: Float64Array, at: number, random: NumpyRandom): number {
  const hand = withCard({ sum: state[at + SUM]!, usableAce: state[at + USABLE_ACE] === 1 }, draw(random));
  setPlayer(state, at, hand);
  state[at + CARDS] = state[at + CARDS]! + 1;
  if (hand.sum <= 21) return 0;
  state[at + OVER] = 1;
  return -1;
}

function stick(state: Float64Array, at: number, random: NumpyRandom, book: boolean, natural: boolean): number {
  const player = state[at + SUM]!;
  let dealer = withCard(withCard(EMPTY, state[at + OPEN]!), state[at + HIDDEN]!);
  const dealerNatural = dealer.sum === 21;
  while (dealer.sum < 17) dealer = withCard(dealer, draw(random));
  const playerNatural = state[at + CARDS] === 2 && player === 21;
  const reward = Math.sign(player - (dealer.sum > 21 ? 0 : dealer.sum));
  if (book) return playerNatural && !dealerNatural ? 1 : reward;
  return natural && playerNatural && reward === 1 ? 1.5 : reward;
}

const cardName = (card: number): string => (card === 1 ? 'A' : String(card));

function picture(state: Float64Array, at: number): Picture {
  const ace = state[at + USABLE_ACE] === 1 ? ' (usable ace)' : '';
  return {
    left: 0,
    right: 6,
    bottom: 0,
    top: 4,
    shapes: [
      {
        kind: 'polygon',
        points: [
          [0, 0],
          [6, 0],
          [6, 4],
          [0, 4],
        ],
        fill: '#2e6b45',
      },
      { kind: 'text', x: 3, y: 3, size: 0.5, fill: 'white', text: `dealer shows ${cardName(state[at + OPEN]!)}` },
      { kind: 'text', x: 3, y: 1.2, size: 0.5, fill: 'white', text: `player ${state[at + SUM]}${ace}` },
    ],
  };
}
