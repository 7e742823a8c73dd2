/**
 * Documentation that runs. Every `ts` block of the README and of docs/ is a whole program that must end well; a `text`
 * block right behind it is what it prints. A block whose first line is a comment with a file's name (`// tasks.ts`) is a
 * module that the page's programs import under that name. Every `skein` line of an `sh` block must be a command line that the program
 * accepts.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, readInvocation } from '@skein/cli';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, ROOT, type SourceFile } from '../architecture/sources.ts';

interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The text block right behind this one, if there is one. */
  readonly output: string | null;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm;

const blocksOf = (file: SourceFile): Block[] =>
  [...file.text.matchAll(FENCE)].map((match) => ({
    page: file.path,
    line: file.text.slice(0, match.index).split('\n').length,
    language: match[1] as string,
    text: match[2] as string,
    output: match[3] ?? null,
  }));

const pages = [...filesBelow('docs', '.md'), ...filesBelow('.', 'README.md').filter((f) => !f.path.includes('/'))];
const blocks = pages.flatMap(blocksOf);
const named = (language: string) =>
  blocks.filter((block) => block.language === language).map((block) => [`${block.page}:${block.line}`, block] as const);

/** Inside this package, so that the examples find the project's packages. */
const folder = join(ROOT, 'test/docs/.examples');
const folderOf = (block: Block): string => join(folder, block.page.replace(/\W+/g, '-'));
const moduleName = (block: Block): string | undefined => /^\/\/ ([\w-]+\.ts)\n/.exec(block.text)?.[1];

beforeAll(() => {
  for (const [, block] of named('ts')) {
    mkdirSync(folderOf(block), { recursive: true });
    writeFileSync(join(folderOf(block), moduleName(block) ?? `line-${block.line}.ts`), block.text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runProgram(path: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [path], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

describe('programs', () => {
  const programs = named('ts').filter(([, block]) => moduleName(block) === undefined);

  test.for(programs)('%s runs', async ([, block]) => {
    const path = join(folderOf(block), `line-${block.line}.ts`);
    const { code, stdout, stderr } = await runProgram(path);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    if (block.output !== null) expect(stdout.trim()).toBe(block.output.trim());
  });
});

describe('command lines', () => {
  const lines = named('sh').flatMap(([name, block]) =>
    block.text
      .split('\n')
      .filter((line) => /^(npx )?skein /.test(line))
      .map((line) => [name, line] as const),
  );

  test.for(lines)('%s: %s', ([, line]) => {
    const words = wordsOf(line.replace(/^(npx )?skein |\s+#.*$|--config \S+/g, ''));
    if (words.some((word) => /^--(help|version)$/.test(word))) return;
    const command = commands.find((candidate) => candidate.name === words[0]);
    if (command === undefined) throw new Error(`no command '${words[0]}'`);
    expect(() => readInvocation(command, words.slice(1))).not.toThrow();
  });
});

/** A shell line's words; quotes hold a word together. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'([^']*)'|"([^"]*)"|(\S+))/g)].map((match) => match[1] ?? match[2] ?? (match[3] as string));
