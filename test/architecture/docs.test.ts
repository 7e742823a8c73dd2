/** Documentation that a test keeps true: error codes, metric names, links. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES, METRICS } from '@skein/core';
import { expect, test } from 'vitest';
import { filesBelow, ROOT, type SourceFile } from './sources.ts';

const pages = (): SourceFile[] => [
  ...filesBelow('docs', '.md'),
  ...filesBelow('.', 'README.md').filter((f) => !f.path.includes('/')),
];
const page = (path: string): string => {
  const found = pages().find((file) => file.path === path);
  if (found === undefined) throw new Error(`${path}: no such page`);
  return found.text;
};
const headings = (text: string): string[] => [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1] as string);

test('every error code has a section in docs/errors.md, in order, and none is stale', () => {
  expect(headings(page('docs/errors.md'))).toEqual(Object.keys(ERROR_CODES));
});

test('every section of docs/errors.md opens with its meaning', () => {
  const text = page('docs/errors.md');
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(text).toContain(`## ${code}\n\n${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`);
  }
});

test('docs/metrics.md lists every metric with its meaning', () => {
  const rows = [...page('docs/metrics.md').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map((match) => [
    match[1],
    match[2],
  ]);
  expect(rows).toEqual(Object.entries(METRICS));
});

test('every relative link of the documentation leads to a file', () => {
  const broken = pages().flatMap((file) =>
    [...file.text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !existsSync(join(ROOT, dirname(file.path), target)))
      .map((target) => `${file.path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every page of docs is reachable from docs/index.md', () => {
  const text = page('docs/index.md');
  const missing = filesBelow('docs', '.md').filter(
    (file) => file.path !== 'docs/index.md' && !text.includes(`](${file.path.slice(5)})`),
  );
  expect(missing.map((file) => file.path)).toEqual([]);
});
