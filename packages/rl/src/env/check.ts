/**
 * Checks an environment of one's own before an agent trains on it for hours. What it finds are the usual slips: numbers
 * outside the row or the spec, state kept outside the row, randomness that does not come from the given stream, masks
 * that leave nothing to do. Random actions are legal ones.
 */

import { contains, createRng, describeSpec, SkeinError, show } from '@skein/core';
import { NumpyRandom } from '../random/numpy-random.ts';
import { type ActionMasks, maskSize } from './action-mask.ts';
import type { ActionArray, EnvironmentDefinition, Info } from './definition.ts';
import { actionArray, sampleActions } from './vector-env.ts';

/** What `checkEnvironment` takes. */
export interface CheckOptions {
  /** Steps of random actions that are tried. */
  readonly steps?: number;
  readonly seed?: number;
}

export const checkDefaults = { steps: 1000, seed: 0 } as const satisfies CheckOptions;

/** Throws `ENVIRONMENT` with everything that is wrong with a definition, and what to do about it; else does nothing. */
export function checkEnvironment(definition: EnvironmentDefinition, options: CheckOptions = {}): void {
  const problems = environmentProblems(definition, options);
  if (problems.length === 0) return;
  const list = problems.map((problem) => `- ${problem}`).join('\n');
  throw new SkeinError('ENVIRONMENT', `${definition.id || 'environment'}: ${problems.length} problem(s)\n${list}`, {
    details: { problems },
    advice: 'correct its definition; EnvironmentDefinition says what every function must do',
  });
}

/** Everything that is wrong with a definition, each as a sentence; empty if nothing was found. */
export function environmentProblems(definition: EnvironmentDefinition, options: CheckOptions = {}): string[] {
  const { steps, seed } = { ...checkDefaults, ...options };
  const declared = declarationProblems(definition);
  if (declared.length > 0) return declared;
  const found = new Problems();
  const trial = new Trial(definition, seed, found);
  try {
    trial.begin();
    for (let i = 0; i < steps; i++) trial.step();
    trial.views();
  } catch (error) {
    found.add('it threw', error instanceof Error ? ` ${error.name}: ${error.message}` : ` ${show(error)}`);
  }
  return found.list();
}

function declarationProblems(definition: EnvironmentDefinition): string[] {
  const { id, stateSize, stepLimit, actionSpec, actionMask } = definition;
  const problems: string[] = [];
  if (typeof id !== 'string' || id === '') problems.push(`id: expected a name, got ${show(id)}`);
  if (!Number.isSafeInteger(stateSize) || stateSize < 1) {
    problems.push(`stateSize: expected a positive integer, got ${show(stateSize)}; give a state of no numbers one`);
  }
  if (stepLimit !== null && (!Number.isSafeInteger(stepLimit) || stepLimit < 1)) {
    problems.push(`stepLimit: expected a positive integer or null, got ${show(stepLimit)}`);
  }
  if (actionMask !== undefined && actionSpec.kind !== 'discrete') {
    problems.push('actionMask: expected none, since actions are not discrete; clip them in advance instead');
  }
  return problems;
}

/** What was found, each kind once: what goes wrong at one step goes wrong at most. */
class Problems {
  readonly #byKind = new Map<string, string>();

  /** `seen` says what the problem looked like the first time. */
  add(problem: string, seen = ''): void {
    if (!this.#byKind.has(problem)) this.#byKind.set(problem, problem + seen);
  }

  list(): string[] {
    return [...this.#byKind.values()];
  }
}

/** What lies around a row and must stay as it is. */
const GUARD = 12345.5;
/** What lies around and in a mask before it is written. */
const UNTOUCHED = 77;

/** Two rows that live through the same things, one of them interrupted by the other: they must stay equal. */
class Trial {
  readonly #definition: EnvironmentDefinition;
  readonly #found: Problems;
  readonly #rng;
  readonly #actions: ActionArray;
  readonly #row: Row;
  readonly #twin: Row;

  constructor(definition: EnvironmentDefinition, seed: number, found: Problems) {
    this.#definition = definition;
    this.#found = found;
    this.#rng = createRng(seed);
    this.#actions = actionArray(definition.actionSpec, 1);
    this.#row = new Row(definition, seed, 2, 7, found);
    this.#twin = new Row(definition, seed, 5, -3, found);
  }

  begin(): void {
    this.#row.begin();
    this.#twin.begin();
    this.#compare(
      'begin: two episodes from equal random streams differ; draw from the given stream only, and set every number of the row',
    );
  }

  step(): void {
    sampleActions(this.#definition.actionSpec, this.#rng, this.#actions, this.#row.mask());
    const given = this.#actions.slice();
    const reward = this.#row.advance(this.#actions);
    if (this.#actions.some((value, i) => value !== given[i])) {
      this.#found.add('advance: it changed the actions; copy what it needs to change');
      this.#actions.set(given);
    }
    if (typeof reward !== 'number' || !Number.isFinite(reward)) {
      this.#found.add('advance: expected a finite reward', `, got ${show(reward)}`);
    }
    const other = this.#twin.advance(this.#actions);
    const advice = 'draw from the given stream only, and keep all state in the row';
    if (!Object.is(reward, other))
      this.#found.add(`advance: equal states gave different rewards; ${advice}`, ` (${reward} and ${other})`);
    this.#compare(`advance: equal states and actions led to different states; ${advice}`);
    if (this.#row.isTerminal()) this.begin();
  }

  views(): void {
    const { text, picture } = this.#row.views();
    if (text !== undefined && typeof text !== 'string') this.#found.add('text: expected lines', `, got ${show(text)}`);
    if (picture !== undefined && !(picture.right > picture.left && picture.top > picture.bottom)) {
      this.#found.add('picture: expected left < right and bottom < top');
    }
  }

  #compare(problem: string): void {
    const twin = this.#twin.numbers();
    if (this.#row.numbers().some((value, i) => !Object.is(value, twin[i]))) this.#found.add(problem);
  }
}

/** One row of a larger array, whose surroundings are watched. */
class Row {
  readonly #definition: EnvironmentDefinition;
  readonly #state: Float64Array;
  readonly #at: number;
  readonly #random = new NumpyRandom();
  readonly #observation: Float32Array;
  readonly #found: Problems;

  /** `at` numbers before the row; `rubbish` fills it before the first episode. */
  constructor(definition: EnvironmentDefinition, seed: number, at: number, rubbish: number, found: Problems) {
    const { stateSize, observationSpec } = definition;
    this.#definition = definition;
    this.#state = new Float64Array(at + stateSize + 3).fill(GUARD);
    this.#state.fill(rubbish, at, at + stateSize);
    this.#at = at;
    this.#random.seed(seed);
    this.#observation = new Float32Array(observationSpec.size + 2);
    this.#found = found;
  }

  numbers(): Float64Array {
    return this.#state.subarray(this.#at, this.#at + this.#definition.stateSize);
  }

  begin(): void {
    this.#definition.begin(this.#state, this.#at, this.#random);
    this.#checkRow('begin');
    this.#observe();
  }

  advance(actions: ActionArray): number {
    // Actions lie anywhere in their array, too.
    const padded =
      actions instanceof Int32Array ? new Int32Array(actions.length + 1) : new Float32Array(actions.length + 1);
    padded.set(actions, 1);
    const reward = this.#definition.advance(this.#state, this.#at, padded, 1, this.#random);
    actions.set(padded.subarray(1));
    this.#checkRow('advance');
    this.#observe();
    return reward;
  }

  /** Legal actions of the present state, from which the episode goes on; null if the definition tells of none. */
  mask(): ActionMasks {
    const n = maskSize(this.#definition);
    if (n === 0) return null;
    const out = new Uint8Array(n + 2).fill(UNTOUCHED);
    this.#pure('actionMask', () => this.#definition.actionMask!(this.#state, this.#at, out, 1));
    const mask = out.slice(1, -1);
    if (out[0] !== UNTOUCHED || out.at(-1) !== UNTOUCHED) {
      this.#found.add('actionMask: it wrote outside its place; action i is out[outAt + i]');
    }
    if (!mask.every((value) => value === 0 || value === 1)) {
      this.#found.add(`actionMask: expected 0 or 1 for each of ${n} actions`, `, got ${show([...mask])}`);
    } else if (!mask.includes(1)) {
      this.#found.add('actionMask: expected a legal action in every state that does not end the episode, got none');
    }
    return mask.map((value) => (value === 1 ? 1 : 0));
  }

  isTerminal(): boolean {
    const ended: unknown = this.#pure('isTerminal', () => this.#definition.isTerminal(this.#state, this.#at));
    if (typeof ended !== 'boolean') this.#found.add('isTerminal: expected true or false', `, got ${show(ended)}`);
    return ended === true;
  }

  views() {
    const { info, text, picture } = this.#definition;
    const facts = this.#pure('info', () => info?.(this.#state, this.#at));
    if (facts !== undefined) this.#checkPlain(facts);
    return {
      text: this.#pure('text', () => text?.(this.#state, this.#at)),
      picture: this.#pure('picture', () => picture?.(this.#state, this.#at)),
    };
  }

  #checkPlain(facts: Info): void {
    try {
      structuredClone(facts);
    } catch {
      this.#found.add('info: expected plain data, got something that cannot be copied between threads');
    }
  }

  #checkRow(what: string): void {
    const before = this.#state.subarray(0, this.#at);
    const after = this.#state.subarray(this.#at + this.#definition.stateSize);
    if ([...before, ...after].some((value) => value !== GUARD)) {
      this.#found.add(`${what}: it wrote outside its row; number i of the state is state[at + i], i < stateSize`);
      before.fill(GUARD);
      after.fill(GUARD);
    }
    const lost = this.numbers().findIndex((value) => Number.isNaN(value));
    if (lost >= 0) this.#found.add(`${what}: number ${lost} of the state became NaN`);
  }

  #observe(): void {
    const { observationSpec: spec } = this.#definition;
    const out = this.#observation.fill(NaN);
    this.#pure('observe', () => this.#definition.observe(this.#state, this.#at, out, 1));
    if (!(Number.isNaN(out[0]) && Number.isNaN(out.at(-1)))) {
      this.#found.add('observe: it wrote outside its place; number i of the observation is out[outAt + i]');
    }
    const seen = out.slice(1, -1);
    if (contains(spec, spec.kind === 'discrete' ? seen[0]! : seen)) return;
    this.#found.add(
      `observe: expected ${describeSpec(spec)}`,
      `, got ${show([...seen])}; widen the spec or bound the state`,
    );
  }

  /** Runs what must only read the state. */
  #pure<T>(what: string, run: () => T): T {
    const before = this.#state.slice();
    const result = run();
    if (this.#state.some((value, i) => !Object.is(value, before[i]))) {
      this.#found.add(`${what}: it changed the state; only begin and advance may`);
      this.#state.set(before);
    }
    return result;
  }
}
