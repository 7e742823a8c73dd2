/**
 * The most floating-point operations a second that WebAssembly reaches on one core: multiply-adds on registers, in
 * enough independent chains to fill both units, without a load or a store in the loop.
 */

import { supportsRelaxedSimd } from '@skein/core';
import { FunctionCode, I32, kernelModule, SIMD, V128 } from '../simd/wasmcode.ts';
import { type ExportValue, type Memory, WebAssembly } from '../simd/webassembly.ts';
import { compileNow, wideModule } from '../simd/wide.ts';

/** A way to multiply and add, and the operations a second that it reaches. */
export interface Peak {
  readonly name: 'wide' | 'relaxed' | 'simd';
  readonly operationsPerSecond: number;
}

/** Chains of 128 bits; with two operands they fit into 16 registers. Twice as many fit as halves of 256-bit ones. */
const CHAINS = 12;
const ITERATIONS = 20_000;

/** Word 0: iterations. Bytes 16 and 32: the factors; from 64 on: one vector for each chain. */
function loop(chains: number, fused: boolean): FunctionCode {
  const code = new FunctionCode(1);
  const left = code.local(I32);
  const [x, y] = [code.local(V128), code.local(V128)];
  const sums = Array.from({ length: chains }, () => code.local(V128));
  code.get(0).loadWord(0).set(left);
  code.get(0).loadVector(SIMD.load32Splat, 16).set(x);
  code.get(0).loadVector(SIMD.load32Splat, 32).set(y);
  for (const [i, sum] of sums.entries())
    code
      .get(0)
      .loadVector(SIMD.load, 64 + 16 * i)
      .set(sum);
  code.countDown(left, 1, () => {
    for (const sum of sums) {
      if (fused) code.get(x).get(y).get(sum).simd(SIMD.relaxedMadd).set(sum);
      // A product of constants would be computed once for the whole loop.
      else code.get(sum).get(x).simd(SIMD.mul).get(y).simd(SIMD.add).set(sum);
    }
  });
  for (const [i, sum] of sums.entries())
    code
      .get(0)
      .get(sum)
      .loadVector(SIMD.store, 64 + 16 * i);
  return code;
}

/** The best of many short runs, so that others on the machine do not count. */
function measure(chains: number, fused: boolean, vectors256: boolean): number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true }) as Memory;
  const module = compileNow(kernelModule([], loop(chains, fused)), vectors256);
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports['kernel'] as ExportValue;
  const floats = new Float32Array(memory.buffer);
  new Int32Array(memory.buffer)[0] = ITERATIONS;
  floats.fill(0.5, 4, 12);
  let seconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 200; run++) {
    const start = performance.now();
    (kernel as (p: number) => void)(0);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return (2 * 4 * chains * ITERATIONS) / seconds;
}

/** The peaks of the builds that run here: fused on 256 bits, fused on 128 bits, multiplied and added on 128 bits. */
export function measurePeaks(): readonly Peak[] {
  const peaks: Peak[] = [{ name: 'simd', operationsPerSecond: measure(CHAINS, false, false) }];
  if (supportsRelaxedSimd()) peaks.unshift({ name: 'relaxed', operationsPerSecond: measure(CHAINS, true, false) });
  if ('module' in wideModule()) peaks.unshift({ name: 'wide', operationsPerSecond: measure(2 * CHAINS, true, true) });
  return peaks;
}
