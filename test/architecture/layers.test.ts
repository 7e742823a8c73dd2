/** The structure of the repository: who may import whom, and what no package may do. */

import { describe, expect, test } from 'vitest';
import { codeOnly, filesBelow, importsOf, isTest, type SourceFile } from './sources.ts';

/** What each package may import of its siblings. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  nn: ['core'],
  bayesopt: ['core', 'nn'],
  evolution: ['core'],
  rl: ['core', 'nn'],
  plot: ['core', 'bayesopt'],
};

/** Sources longer than the ceiling, each with the reason why it is one idea. */
const LONG_FILES: Readonly<Record<string, string>> = {};
const MAX_LINES = 500;

const packageSources = Object.keys(LAYERS).flatMap((name) => filesBelow(`packages/${name}/src`, '.ts'));
const owner = (file: SourceFile): string => file.path.split('/')[1] as string;

test('the layer table covers every package', () => {
  const found = new Set(filesBelow('packages', 'package.json').map((file) => owner(file)));
  expect([...found].sort()).toEqual(Object.keys(LAYERS).sort());
});

test('packages import only the siblings below them', () => {
  const broken = packageSources.flatMap((file) => {
    const allowed = LAYERS[owner(file)] as readonly string[];
    const siblings = importsOf(file).flatMap((name) => /^@skein\/([a-z]+)/.exec(name)?.[1] ?? []);
    return siblings.filter((name) => !allowed.includes(name)).map((name) => `${file.path} imports @skein/${name}`);
  });
  expect(broken).toEqual([]);
});

test('bayesopt loads networks only by its entry of that name', () => {
  const users = packageSources.filter((file) => importsOf(file).includes('@skein/nn') && owner(file) === 'bayesopt');
  expect(users.filter(({ path }) => !path.startsWith('packages/bayesopt/src/networks/'))).toEqual([]);
  const importers = packageSources.filter((file) => importsOf(file).some((name) => /\/networks(\/|\.ts$)/.test(name)));
  const bayesopt = importers.filter((file) => owner(file) === 'bayesopt').map(({ path }) => path);
  expect(bayesopt.filter((path) => !path.endsWith('.test.ts'))).toEqual(['packages/bayesopt/src/networks.ts']);
});

test('relative imports stay inside their package and name the file', () => {
  const broken = packageSources.flatMap((file) => {
    const depth = file.path.split('/').length - 4;
    return importsOf(file)
      .filter((name) => name.startsWith('.'))
      .filter((name) => (name.match(/\.\.\//g) ?? []).length > depth || !/\.(ts|json)$/.test(name))
      .map((name) => `${file.path} imports ${name}`);
  });
  expect(broken).toEqual([]);
});

test('only tests import testkits', () => {
  const broken = packageSources
    .filter((file) => !isTest(file) && !/\/(testkit|fixtures)/.test(file.path))
    .filter((file) => importsOf(file).some((name) => /testkit/.test(name)));
  expect(broken.map((file) => file.path)).toEqual([]);
});

describe('no package source', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['draws unseeded randomness', /\bMath\.random\b/],
    ['prints', /\bconsole\./],
    ['exits the process', /\bprocess\.exit\(/],
    ['uses any', /(:|<|\bas) any\b(?!\.)/],
    ['leaves work for later in a comment', /\b(TODO|FIXME|XXX)\b/],
  ];
  test.each(cases)('%s', (_name, pattern) => {
    const sources = packageSources.filter((file) => !isTest(file) && !file.path.includes('/testkit'));
    const search = (file: SourceFile) => (pattern.source.includes('TODO') ? file.text : codeOnly(file));
    expect(sources.filter((file) => pattern.test(search(file))).map((file) => file.path)).toEqual([]);
  });
});

test('entry points only re-export', () => {
  const entries = packageSources.filter((file) => /\/src\/index\.ts$/.test(file.path));
  expect(entries.length).toBe(Object.keys(LAYERS).length);
  const broken = entries.filter((file) =>
    codeOnly(file)
      .split(/;\s*/)
      .some((statement) => statement.trim() !== '' && !/^export\b[\s\S]*\bfrom\b/.test(statement.trim())),
  );
  expect(broken.map((file) => file.path)).toEqual([]);
});

test(`no source is longer than ${MAX_LINES} lines without a reason`, () => {
  const sources = [...packageSources, ...filesBelow('apps', '.ts'), ...filesBelow('bench', '.ts')];
  const long = sources.filter((file) => !isTest(file) && file.text.split('\n').length > MAX_LINES);
  expect(long.map((file) => file.path).filter((path) => !(path in LONG_FILES))).toEqual([]);
  expect(Object.keys(LONG_FILES).filter((path) => !long.some((file) => file.path === path))).toEqual([]);
});
