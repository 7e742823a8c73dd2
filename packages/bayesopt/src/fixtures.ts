import { readFileSync } from 'node:fs';

/** Reads an oracle's file of fixtures/ (tests only). */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}
