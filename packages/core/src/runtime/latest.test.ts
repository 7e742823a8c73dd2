import { expect, test } from 'vitest';
import { Latest } from './latest.ts';

const never = new AbortController().signal;

test('a reader that is slow gets the newest value only', async () => {
  const mailbox = new Latest<number>();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const value of mailbox.read(never)) {
      seen.push(value);
      if (value === 1) for (const next of [2, 3, 4]) mailbox.push(next);
      if (value === 4) mailbox.end();
    }
  })();
  mailbox.push(1);
  await reading;
  expect(seen).toEqual([1, 4]);
});

test('an aborted signal ends a reader that waits; a failing source ends it with its error', async () => {
  const controller = new AbortController();
  const waiting = Array.fromAsync(new Latest<number>().read(controller.signal));
  controller.abort();
  expect(await waiting).toEqual([]);
  const failing = new Latest<number>();
  const reading = Array.fromAsync(failing.read(never));
  await failing.follow(
    (async function* () {
      yield 1;
      throw new Error('the source broke');
    })(),
  );
  await expect(reading).rejects.toThrow('the source broke');
});
