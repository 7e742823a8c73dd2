/**
 * Times one side on the plain SIMD build, in a process of its own because a process loads one build. Started by
 * `plainTimings` with the benchmark's name, `quick` or `full`, and the arguments of the benchmark's `compiledAgain`.
 */

import { fileURLToPath } from 'node:url';
import { compareSides, type Side } from '../harness.ts';
import { turns } from './sides.ts';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [benchmark, length, ...args] = process.argv.slice(2);
  const { compiledAgain } = (await import(`./${benchmark}.ts`)) as {
    readonly compiledAgain: (name: string, ...args: string[]) => Promise<Side>;
  };
  const side = await compiledAgain('skein, compiled, plain SIMD', ...args);
  console.log(JSON.stringify(await compareSides([side], turns(length === 'quick'))));
}
