import {
  categorical,
  conditional,
  createOptimizer,
  GaussianProcess,
  logReal,
  matern52,
  real,
  runStudy,
  upperConfidenceBound,
} from '@skein/bayesopt';
import { describe, expect, test } from 'vitest';
import {
  contourPanels,
  convergencePicture,
  importancePicture,
  pairContours,
  parallelCoordinates,
  type Study,
  slicePicture,
  surfaceContours,
  surrogatePicture,
} from './index.ts';

const text = { title: 'A title', subtitle: 'and what it is about', objective: 'error' };

/** Every number that a picture draws with is one. */
function expectDrawn(svg: string): void {
  expect(svg).toMatch(/^<svg[\s\S]*<\/svg>$/);
  expect(/NaN|undefined|Infinity/.exec(svg)).toBeNull();
  expect(svg).toContain(text.title);
  expect(svg).toContain(text.subtitle);
}

/** Number of things drawn by marks of one kind. */
const drawn = (svg: string, mark: string): number =>
  [...svg.matchAll(new RegExp(`<g class="${mark}[^"]*role-mark[^>]*>([\\s\\S]*?)</g>`, 'g'))].reduce(
    (sum, [, inside]) => sum + (inside!.match(/<(path|text)/g)?.length ?? 0),
    0,
  );

async function study(): Promise<Study> {
  const optimizer = createOptimizer(
    {
      rate: logReal(1e-4, 1),
      width: real(0, 3),
      kind: categorical(['plain', 'deep']),
      depth: conditional({ on: 'kind', equals: ['deep'] }, real(1, 4)),
    },
    { seed: 1, method: 'sobol' },
  );
  await runStudy(
    optimizer,
    ({ rate, width, kind, depth }, { trial }) => {
      if (trial === 5) throw new Error('failed');
      return (Math.log10(rate) + 2) ** 2 + 0.2 * width + (kind === 'deep' ? 0.5 : (depth ?? 0));
    },
    { trials: 24 },
  );
  return optimizer as unknown as Study;
}

describe('a study', async () => {
  const done = await study();

  test('has a line a completed trial across its parameters, and the best one again', async () => {
    const svg = await parallelCoordinates(done, text);
    expectDrawn(svg);
    expect(drawn(svg, 'mark-line')).toBe(23 + 1);
    for (const name of ['rate', 'width', 'kind', 'depth', 'plain', 'deep', 'error']) expect(svg).toContain(`>${name}<`);
  });

  test('has a point a completed trial in each slice where the parameter took part', async () => {
    const svg = await slicePicture(done, text);
    expectDrawn(svg);
    const deep = done
      .trials()
      .filter(({ values, outcome }) => values['depth'] !== undefined && outcome?.kind === 'complete');
    const rings = done.best()!.values['depth'] === undefined ? 3 : 4;
    expect(drawn(svg, 'mark-symbol')).toBe(3 * 23 + deep.length + rings);
  });

  test('names its parameters by importance, and contours the two numbers that matter', async () => {
    const svg = await importancePicture(done, text);
    expectDrawn(svg);
    expect(svg.indexOf('>rate<')).toBeLessThan(svg.indexOf('>width<'));
    const pairs = await pairContours(done, text, 2);
    expectDrawn(pairs!);
    expect(pairs).toContain('rate');
  });

  test('without two numbers has no pairs, and without trials no pictures', async () => {
    const single = createOptimizer({ x: real(0, 1), kind: categorical(['a', 'b']) });
    for (let i = 0; i < 6; i++) single.tell(single.ask().id, i);
    expect(await pairContours(single as unknown as Study, text)).toBeNull();
    const empty = createOptimizer({ x: real(0, 1) }) as unknown as Study;
    await expect(slicePicture(empty, text)).rejects.toThrow(/expected a study with complete trials, got none/);
  });
});

describe('a process', () => {
  const process = new GaussianProcess({ kernel: matern52({ lengthscale: 0.5 }), noise: 1e-6 });

  test('of one input is drawn with its data, samples and scores', async () => {
    const data = [0.1, 0.4, 0.9].map((x) => [x, Math.sin(6 * x)] as const);
    process.fit(
      data.map(([x]) => [x]),
      data.map(([, y]) => y),
      { optimise: false },
    );
    const svg = await surrogatePicture(process, {
      ...text,
      range: [0, 1],
      observed: data,
      truth: (x) => Math.sin(6 * x),
      samples: { count: 4, seed: 1 },
      acquisition: { label: 'lower bound', of: upperConfidenceBound() },
    });
    expectDrawn(svg);
    expect(drawn(svg, 'mark-symbol')).toBe(3);
    expect(svg).toContain('lower bound');
    expect(/next: [\d.]+/.exec(svg)![0]).toBe('next: 1');
  });

  test('of two inputs is drawn as contours of mean and deviation', async () => {
    process.fit(
      [
        [0, 0],
        [1, 2],
        [2, 1],
      ],
      [0, 1, -1],
      { optimise: false },
    );
    const svg = await surfaceContours(process, {
      ...text,
      x: { title: 'first', range: [0, 2] },
      y: { title: 'second', range: [0, 2] },
      observed: [
        [0, 0],
        [1, 2],
        [2, 1],
      ],
      best: [2, 1],
    });
    expectDrawn(svg);
    for (const title of ['first', 'second', 'mean', 'standard deviation']) expect(svg).toContain(title);
    expect(drawn(svg, 'mark-symbol')).toBe(2 * 4);
  });
});

test('contours lie where the function has their value', async () => {
  const side = 20;
  // A plane that rises with y: the topmost level lies at the top, that is, at small SVG coordinates.
  const values = Float64Array.from({ length: side * side }, (_, at) => Math.floor(at / side));
  const axis = { type: 'linear', domain: [0, 1], title: 'x' } as const;
  const svg = await contourPanels(
    [{ title: 'plane', grid: { side, values }, x: axis, y: axis, scheme: 'blues', marks: [] }],
    text,
  );
  expectDrawn(svg);
  const [, paths] = /<g class="mark-path[^>]*>([\s\S]*?)<\/g>/.exec(svg)!;
  const highest = paths!.split('<path').at(-1)!;
  const heights = [...highest.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, , y]) => Number(y));
  expect(Math.max(...heights)).toBeLessThan(60);
});

test('convergence shows the median of the best so far, for minima and for maxima', async () => {
  for (const maximise of [false, true]) {
    const runs = [
      [3, 1, 2],
      [4, 5, 1],
    ];
    const svg = await convergencePicture([{ label: 'ours', runs }], { ...text, y: 'value', maximise });
    expectDrawn(svg);
    expect(svg).toContain('ours');
    expect(drawn(svg, 'mark-line')).toBe(1);
    expect(drawn(svg, 'mark-area')).toBe(1);
  }
});
