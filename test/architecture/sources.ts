/** The repository's sources as data, for the tests that hold its structure. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const SKIPPED = new Set(['node_modules', 'dist', 'wasm']);

/** Every file below a folder of the repository whose name ends so. */
export function filesBelow(folder: string, ending: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesBelow(path, ending);
    if (!entry.name.endsWith(ending)) return [];
    const text = readFileSync(join(ROOT, path), 'utf8');
    return [{ path: relative(ROOT, join(ROOT, path)).split(sep).join('/'), text }];
  });
}

export const isTest = (file: SourceFile): boolean => file.path.endsWith('.test.ts');

/** What a source imports or re-exports, in order. */
export function importsOf(file: SourceFile): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;
  return [...file.text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? (match[3] as string));
}

/** A source without its comments and the contents of its strings. */
export const codeOnly = (file: SourceFile): string =>
  file.text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/\/\/[^\n]*/g, '');
