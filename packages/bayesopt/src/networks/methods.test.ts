import { categorical, integer, real } from '@skein/core';
import { tf } from '@skein/nn';
import { describe, expect, test } from 'vitest';
import { createOptimizer, type Method, minimize, type Optimizer, regressorMethod, restoreOptimizer } from '../index.ts';
import { NetworkEnsemble } from './ensemble.ts';
import { BayesianLastLayer } from './last-layer.ts';
import { NETWORK_METHODS } from './methods.ts';

const SHORT = { epochs: 150 } as const;
const methods: readonly (readonly [string, Method])[] = [
  [
    'an ensemble',
    regressorMethod('own', (seed) => new NetworkEnsemble({ ...SHORT, seed, members: 4, bootstrap: false })),
  ],
  ['a Bayesian last layer', regressorMethod('own', (seed) => new BayesianLastLayer({ ...SHORT, seed }))],
];

describe.each(methods)('a study that %s leads', (_, method) => {
  test('comes far closer to the optimum than random search, over three seeds, and leaves no network behind', async () => {
    const box = { x: real(-3, 3), y: real(-3, 3) };
    const bowl = ({ x, y }: { x: number; y: number }): number => (x - 1) ** 2 + 2 * (y + 0.5) ** 2;
    const regret = async (by: Method | string): Promise<number> => {
      let total = 0;
      for (const seed of [1, 2, 3]) total += (await minimize(bowl, box, { method: by, seed, trials: 24 })).value;
      return total;
    };
    const before = tf.memory().numTensors;
    expect(await regret(method)).toBeLessThan(0.25 * (await regret('random')));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('goes on from its state as if it had never stopped, with a trial running', async () => {
    const space = { x: real(0, 1), layers: integer(1, 4), kind: categorical(['a', 'b']) };
    const loss = ({ x, layers, kind }: { x: number; layers: number; kind: string }): number =>
      (x - 0.3) ** 2 + layers / 10 + (kind === 'b' ? 0.2 : 0);
    const { optimizer } = await minimize(loss, space, { method, seed: 4, trials: 6, initialTrials: 4 });
    optimizer.ask();
    const restored = restoreOptimizer(space, JSON.parse(JSON.stringify(optimizer.state())), { method });
    const goOn = (study: Optimizer<typeof space>) => {
      for (let i = 0; i < 3; i++) {
        const { id, values } = study.ask();
        study.tell(id, loss(values));
      }
      return study.state();
    };
    expect(goOn(restored)).toEqual(goOn(optimizer));
  });

  test.each([
    ['constant', () => 3],
    ['enormous', (i: number) => (i % 4 === 0 ? 1e308 : -1e308)],
    ['tiny', (i: number) => 1e-300 * i],
  ] as const)('outcomes that are %s do not stop it', (_, value) => {
    const optimizer = createOptimizer({ x: real(0, 1) }, { method, seed: 8, initialTrials: 3 });
    for (let i = 0; i < 6; i++) optimizer.tell(optimizer.ask().id, value(i));
    expect(optimizer.trials()).toHaveLength(6);
  });
});

test('methods of networks have names of their own', () => {
  expect(NETWORK_METHODS.map(({ name }) => name)).toEqual(['ensemble', 'last-layer']);
});
