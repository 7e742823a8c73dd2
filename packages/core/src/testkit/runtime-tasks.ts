/** The tasks that the runtimes' conformance kit runs: one for each thing a task can do, well or badly. */

import { setTimeout as sleep } from 'node:timers/promises';
import { SkeinError } from '../errors.ts';
import { Float32, Float64, Type } from '../schema.ts';
import { defineTask } from '../task.ts';

const module = import.meta.url;
const Anything = Type.Unknown();

export const square = defineTask({
  name: 'kit/square',
  module,
  input: Type.Object({ x: Type.Number() }),
  output: Type.Number(),
  run: (_context, { x }) => x * x,
});

/** Gives its input back, also what JSON cannot say. */
export const echo = defineTask({
  name: 'kit/echo',
  module,
  input: Anything,
  output: Anything,
  run: (_c, input) => input,
});

/** Multiplies an array: the input's memory is not the output's. */
export const scale = defineTask({
  name: 'kit/scale',
  module,
  input: Type.Object({ x: Float32, by: Type.Number() }),
  output: Type.Object({ y: Float32, sum: Type.Number() }),
  run: (_context, { x, by }) => {
    const y = x.map((v) => v * by);
    return { y, sum: y.reduce((a, b) => a + b, 0) };
  },
});

/** Waits, then gives `value`. Stops early when aborted. */
export const wait = defineTask({
  name: 'kit/wait',
  module,
  input: Type.Object({ ms: Type.Number(), value: Type.Number() }),
  output: Type.Number(),
  run: async ({ signal, progress }, { ms, value }) => {
    progress('waiting');
    await sleep(ms, undefined, { signal });
    return value;
  },
});

/** Blocks its thread for ever and listens to nobody. */
export const hang = defineTask({
  name: 'kit/hang',
  module,
  input: Type.Object({}),
  output: Type.Null(),
  run: ({ progress }) => {
    progress('hanging');
    for (;;);
  },
});

/** Throws an ordinary error, or a `SkeinError` with the given code. */
export const fail = defineTask({
  name: 'kit/fail',
  module,
  input: Type.Object({ message: Type.String(), numeric: Type.Optional(Type.Boolean()) }),
  output: Type.Null(),
  run: (_context, { message, numeric }) => {
    if (numeric !== true) throw new RangeError(message);
    throw new SkeinError('NUMERIC', message, { details: { row: 3 }, advice: 'add jitter' });
  },
});

/** Fails, by throwing or by killing its thread, until the given attempt. */
export const flaky = defineTask({
  name: 'kit/flaky',
  module,
  input: Type.Object({ until: Type.Integer(), how: Type.Union([Type.Literal('throw'), Type.Literal('exit')]) }),
  output: Type.Object({ attempt: Type.Integer() }),
  run: ({ attempt }, { until, how }) => {
    if (attempt >= until) return { attempt };
    if (how === 'throw') throw new Error(`attempt ${attempt} was not to be`);
    process.exit(7);
  },
});

/**
 * Kills its whole process, as an out-of-memory killer does, until the given attempt, once others have heard that it began.
 * Not for runtimes in one's own process.
 */
export const murder = defineTask({
  name: 'kit/murder',
  module,
  input: Type.Object({ until: Type.Integer() }),
  output: Type.Integer(),
  run: async ({ attempt }, { until }) => {
    if (attempt >= until) return attempt;
    await sleep(300);
    process.kill(process.pid, 'SIGKILL');
    return sleep(60_000, 0);
  },
});

/** Promises a number and gives a string. */
export const liar = defineTask({
  name: 'kit/liar',
  module,
  input: Type.Object({}),
  output: Type.Object({ loss: Type.Number() }),
  run: () => ({ loss: 'low' }) as unknown as { loss: number },
});

/** Returns what no message can carry. */
export const unsendable = defineTask({
  name: 'kit/unsendable',
  module,
  input: Type.Object({}),
  output: Anything,
  run: () => ({ created: new Date(0) }),
});

export const report = defineTask({
  name: 'kit/report',
  module,
  input: Type.Object({ count: Type.Integer() }),
  output: Type.Integer(),
  run: async ({ progress }, { count }) => {
    for (let i = 0; i < count; i++) {
      progress({ i, losses: Float64Array.of(i, i / 2) });
      await sleep(1);
    }
    return count;
  },
});

/** Draws from its own stream. */
export const draw = defineTask({
  name: 'kit/draw',
  module,
  input: Type.Object({ n: Type.Integer() }),
  output: Float64,
  run: ({ rng }, { n }) => rng.fillUniform(new Float64Array(n)),
});

/** Says where and how it ran. */
export const whoami = defineTask({
  name: 'kit/whoami',
  module,
  input: Type.Object({ ms: Type.Optional(Type.Number()) }),
  output: Type.Object({ taskId: Type.String(), attempt: Type.Integer(), worker: Type.String() }),
  run: async ({ taskId, attempt, worker }, { ms }) => {
    if (ms !== undefined) await sleep(ms);
    return { taskId, attempt, worker };
  },
});

/** Reads the newest value of a parameter and publishes the next. */
export const increment = defineTask({
  name: 'kit/increment',
  module,
  input: Type.Object({ name: Type.String() }),
  output: Type.Object({ seen: Type.Array(Type.Number()), version: Type.Integer() }),
  run: async ({ parameters }, { name }) => {
    const newest = await parameters.latest<Float32Array>(name);
    const next = Float32Array.from(newest?.value ?? [0], (v) => v + 1);
    return { seen: [...(newest?.value ?? [])], version: await parameters.publish(name, next) };
  },
});

/** Watches a parameter until it has the value, and gives the versions seen on the way. */
export const follow = defineTask({
  name: 'kit/follow',
  module,
  input: Type.Object({ name: Type.String(), until: Type.Number() }),
  output: Type.Array(Type.Integer()),
  run: async ({ parameters, signal, progress }, { name, until }) => {
    const versions: number[] = [];
    for await (const { version, value } of parameters.watch<number>(name, { signal })) {
      versions.push(version);
      progress(value);
      if (value >= until) break;
    }
    return versions;
  },
});

/** Reverses a blob and stores the result. */
export const reverseBlob = defineTask({
  name: 'kit/reverse-blob',
  module,
  input: Type.Object({ digest: Type.String() }),
  output: Type.String(),
  run: async ({ blobs }, { digest }) => blobs.put(Uint8Array.from(await blobs.get(digest)).reverse()),
});

/** Allocates until its thread or process has no memory left. */
export const hoard = defineTask({
  name: 'kit/hoard',
  module,
  input: Type.Object({}),
  output: Type.Null(),
  run: () => {
    const hoarded: number[][] = [];
    for (;;) hoarded.push(new Array<number>(100_000).fill(hoarded.length));
  },
});

/** Defined here, but no worker can find it. */
const hiddenTask = defineTask({
  name: 'kit/hidden',
  module,
  input: Type.Object({}),
  output: Type.Null(),
  run: () => null,
});

/** Gives the task that its module does not export. */
export const hidden = (): typeof hiddenTask => hiddenTask;
