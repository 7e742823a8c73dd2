import { expect, test } from 'vitest';
import { environmentDefinition } from '../env/registry.ts';
import { recordEpisode } from './record.ts';

/** Walks up, along the cliff and down to the goal. */
const walker = {
  definition: environmentDefinition('CliffWalking-v1'),
  act: (state: number | ArrayLike<number>) => (state === 36 ? 0 : state === 35 ? 2 : 1),
};

test('a recording has a frame for the start and for every step, and tells the return', () => {
  const { svg, pictures, ...rest } = recordEpisode(walker, { framesPerSecond: 7 });
  expect(rest).toEqual({ return: -13, length: 13 });
  expect(pictures.length).toBe(14);
  expect(svg.match(/<animate /g)?.length).toBe(14);
  expect(svg).toContain('dur="2s"');
});

test('a recording of an endless episode ends', () => {
  expect(recordEpisode({ ...walker, act: () => 0 }, { stepLimit: 5 })).toMatchObject({ return: -5, length: 5 });
});

test('an environment without pictures is refused', () => {
  const { picture: _picture, ...definition } = walker.definition;
  expect(() => recordEpisode(walker, { definition })).toThrow('CliffWalking-v1: has no picture view');
});
