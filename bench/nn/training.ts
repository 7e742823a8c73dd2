/** Training steps of common sizes: compiled, against eager tfjs, PyTorch and JAX. */

import type { Benchmark, Row, Side } from '../harness.ts';
import { BASELINE, buildTimings, compiledSide, eagerSide, peerTimings, workRows } from './sides.ts';
import { ddpg, lenet, lstm, perceptron, transformer } from './works.ts';

/** Works by the name that the Python programs know; the WebAssembly backend of tfjs cannot train convolutions. */
const WORKS = [
  { name: 'ddpg', title: 'DDPG update 400-300, batch 256', make: ddpg, wasm: true },
  { name: 'perceptron', title: 'classifier 784-512-512-10, batch 128', make: perceptron, wasm: true },
  { name: 'lenet', title: 'LeNet, batch 64', make: lenet, wasm: false },
  { name: 'lstm', title: 'LSTM 64 units, 32 steps, batch 32', make: lstm, wasm: true },
  {
    name: 'transformer',
    title: 'transformer layer, width 128, 8 heads, 64 tokens, batch 16',
    make: transformer,
    wasm: true,
  },
] as const;

/** The compiled side of a work, for other builds. */
export function compiledAgain(name: string, work: string): Promise<Side> {
  return compiledSide(name, WORKS.find((known) => known.name === work)!.make);
}

export const benchmark: Benchmark = {
  claim:
    'Middle-sized training steps compiled on the simd backend, on one core: several times as fast as eager tfjs on its ' +
    'WebAssembly backend, and at least 0.8 times as fast as PyTorch.',
  async run({ quick }) {
    const rows: Row[] = [];
    for (const { name, title, make, wasm } of WORKS) {
      const sides = [await compiledSide('skein, compiled', make)];
      if (wasm) sides.push(await eagerSide(BASELINE, 'wasm', make));
      sides.push(await eagerSide('tfjs-cpu, eager', 'cpu', make));
      const onTwoCores = await compiledSide('skein, compiled, 2 threads', make, 2);
      const others = () => [...buildTimings('training', [name], quick), ...peerTimings(name, quick)];
      rows.push(...(await workRows(title, { sides, onTwoCores, others, quick })));
    }
    return rows;
  },
};
