import { expect, test } from 'vitest';
import { createRng } from '../rng.ts';
import { Fifo } from './fifo.ts';

test('a queue behaves as an array does, over any mixture of operations', () => {
  const rng = createRng(1);
  const fifo = new Fifo<number>();
  const array: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const action = rng.integer(8);
    if (action < 4) fifo.push(array.push(i) && i);
    else if (action < 6) expect(fifo.shift()).toBe(array.shift());
    else if (action === 6) fifo.unshift(array.unshift(i) && i);
    else {
      const item = array[rng.integer(array.length + 1)] ?? -1;
      fifo.remove(item);
      if (array.includes(item)) array.splice(array.indexOf(item), 1);
    }
    expect(fifo.size).toBe(array.length);
    expect(fifo.peek()).toBe(array[0]);
  }
});
