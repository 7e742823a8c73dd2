/**
 * Times one side on the build that SKEIN_SIMD_BUILD names, in a process of its own because a process loads one build.
 * Started by `buildTimings` with the side's name, the benchmark's, `quick` or `full`, and the arguments of the benchmark's
 * `compiledAgain`.
 */

import { fileURLToPath } from 'node:url';
import { compareSides, type Side } from '../harness.ts';
import { turns } from './sides.ts';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, benchmark, length, ...args] = process.argv.slice(2);
  const { compiledAgain } = (await import(`./${benchmark}.ts`)) as {
    readonly compiledAgain: (name: string, ...args: string[]) => Promise<Side>;
  };
  const side = await compiledAgain(name!, ...args);
  console.log(JSON.stringify(await compareSides([side], turns(length === 'quick'))));
}
