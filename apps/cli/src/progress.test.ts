import { expect, test } from 'vitest';
import { Progress, seconds } from './progress.ts';

function harness(isTTY: boolean) {
  let now = 0;
  let text = '';
  const stream = { isTTY, columns: 100, write: (chunk: string) => (text += chunk) };
  return { stream, now: () => now, advance: (ms: number) => (now += ms), text: () => text };
}

const options = { title: 'dqn', unit: 'steps', total: 1000 };

test('piped, prints plain lines with count, rate, time left and note, not more often than asked', () => {
  const h = harness(false);
  const progress = new Progress({ ...options, stream: h.stream, now: h.now, plainEveryMs: 1000 });
  h.advance(1000);
  progress.update(100, 'return 20');
  h.advance(10);
  progress.update(101);
  h.advance(990);
  progress.update(200);
  expect(h.text()).toBe(
    'dqn  100/1,000 steps  100/s  9.0 s left  return 20\ndqn  200/1,000 steps  100/s  8.0 s left  return 20\n',
  );
});

test('on a terminal, rewrites one line and keeps logged lines above it', () => {
  const h = harness(true);
  const progress = new Progress({ ...options, stream: h.stream, now: h.now });
  h.advance(1000);
  progress.update(500);
  progress.log('saved');
  progress.end();
  const lines = h.text().split('\n');
  expect(lines[0]).toContain('[############------------]');
  expect(lines[0]?.endsWith('\r\x1b[Ksaved')).toBe(true);
  expect(h.text().endsWith('\n')).toBe(true);
});

test('a resumed run measures its rate from where it started', () => {
  const h = harness(false);
  const progress = new Progress({ ...options, start: 900, stream: h.stream, now: h.now });
  h.advance(1000);
  progress.update(950);
  expect(h.text()).toContain('950/1,000 steps  50/s  1.0 s left');
});

test('seconds reads well at every scale', () => {
  expect([0.5, 59, 61, 3700, Infinity].map(seconds)).toEqual(['0.5 s', '59 s', '1 min 1 s', '1 h 1 min', '?']);
});
