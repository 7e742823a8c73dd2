/**
 * First-visit Monte Carlo control (Sutton and Barto, section 5.4): values are means of the returns that followed, and
 * nothing is learned before an episode ends. With learningRate 1 and learningRatePower 1 they are plain means. An
 * episode that its time limit cut off is continued by the value of its last state under the behaviour.
 */

import { parse, type Static, Type } from '@skein/core';
import { tabularAlgorithm } from './learner.ts';
import { tabularOptions } from './options.ts';

const Visit = Type.Object({ state: Type.Integer(), action: Type.Integer(), reward: Type.Number() });
type Visit = Static<typeof Visit>;
const Saved = Type.Array(Type.Array(Visit));

export const monteCarlo = tabularAlgorithm({
  name: 'monte-carlo',
  summary: 'a table of mean returns, learned from whole episodes',
  config: Type.Object(
    { ...tabularOptions, firstVisit: Type.Boolean({ default: true, description: 'count each pair once an episode' }) },
    { additionalProperties: false },
  ),
  create: ({ q, rows, actions, config, update, behaviour }) => {
    const { gamma, firstVisit } = config;
    const episodes: Visit[][] = Array.from({ length: rows }, () => []);
    const learnFrom = (episode: readonly Visit[], value: number): void => {
      const first = new Map<number, number>();
      episode.forEach(({ state, action }, t) => {
        const pair = state * actions + action;
        if (!first.has(pair)) first.set(pair, t);
      });
      let following = value;
      for (let t = episode.length - 1; t >= 0; t--) {
        const { state, action, reward } = episode[t]!;
        following = reward + gamma * following;
        if (!firstVisit || first.get(state * actions + action) === t) update(q, state, action, following);
      }
    };
    return {
      learn: ({ row, state, action, reward, discount, next, ended }) => {
        episodes[row]!.push({ state, action, reward });
        if (!ended) return;
        learnFrom(episodes[row]!, discount === 0 ? 0 : q.expected(next, behaviour(next)));
        episodes[row] = [];
      },
      save: () => episodes.map((episode) => episode.map((visit) => ({ ...visit }))),
      load: (saved) => {
        parse(Saved, saved, { what: 'monte-carlo checkpoint', code: 'CHECKPOINT' }).forEach((episode, row) => {
          episodes[row] = [...episode];
        });
      },
    };
  },
});
