import { expect, test } from 'vitest';
import { describeError, SkeinError, toSkeinError } from './errors.ts';

test('an error survives JSON with its code, data, advice and causes', () => {
  const inner = new SkeinError('NUMERIC', 'not positive definite', { details: { row: 3 } });
  const outer = new SkeinError('TASK_FAILED', "task 'fit' failed", { advice: 'add jitter', cause: inner });
  const copy = SkeinError.fromWire(JSON.parse(JSON.stringify(outer.toWire())));
  expect(copy).toBeInstanceOf(SkeinError);
  expect(copy.code).toBe('TASK_FAILED');
  expect(copy.advice).toBe('add jitter');
  expect(copy.stack).toBe(outer.stack);
  expect((copy.cause as SkeinError).code).toBe('NUMERIC');
  expect((copy.cause as SkeinError).details).toEqual({ row: 3 });
});

test('a foreign cause travels as its message', () => {
  const copy = SkeinError.fromWire(new SkeinError('IO', 'x', { cause: new TypeError('bad') }).toWire());
  expect(copy.cause).toBe('bad');
});

test('toSkeinError keeps a SkeinError and wraps everything else', () => {
  const error = new SkeinError('SHAPE', 'x');
  expect(toSkeinError(error, 'IO')).toBe(error);
  const wrapped = toSkeinError('text', 'IO');
  expect([wrapped.code, wrapped.message, wrapped.cause]).toEqual(['IO', 'text', 'text']);
});

test('describeError shows code, advice and the chain of causes', () => {
  const cause = new SkeinError('IO', 'disk full');
  const text = describeError(new SkeinError('CHECKPOINT', 'not written', { advice: 'free some space', cause }));
  expect(text).toBe('CHECKPOINT: not written\n  what to do: free some space\n  caused by: IO: disk full');
});
