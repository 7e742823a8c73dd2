/**
 * Untrusted data (flags, files, HTTP bodies, messages, checkpoints) enters as `unknown` and leaves typed, through
 * `parse`: once, at the edge. TypeBox is the one schema language; a schema is JSON Schema, so it also describes
 * messages, configuration, HTTP routes and help texts.
 */

import { type Static, type TSchema, Type } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { type ErrorCode, SkeinError } from './errors.ts';

export { type Static, type TObject, type TSchema, Type } from 'typebox';

/** One thing that is wrong with a value. `path` is empty for the value itself. */
export interface Issue {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** How `parse` names the value and fails. */
export interface ParseOptions {
  /** What the value is, as the message should call it: `--learning-rate`, `skein.json`, `task 'square' input`. */
  readonly what: string;
  readonly code?: ErrorCode;
  readonly advice?: string;
}

// The library stops after eight errors by default; a union of many choices has one for each choice.
Settings.Set({ maxErrors: 256 });

const validators = new WeakMap<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = Compile(schema);
    validators.set(schema, validator);
  }
  return validator;
}

/** True if the value fits. Compiled once per schema; cheap enough for every message. */
export function fits<S extends TSchema>(schema: S, value: unknown): value is Static<S> {
  return validatorOf(schema).Check(value);
}

/** The value, typed. Throws a `SkeinError` that lists every issue with path, expectation and what came. */
export function parse<S extends TSchema>(schema: S, value: unknown, options: ParseOptions): Static<S> {
  if (fits(schema, value)) return value;
  const issues = issuesOf(schema, value);
  const lines = issues.map(
    (i) => `${i.path === '' ? options.what : `${options.what}: ${i.path}`}: expected ${i.expected}, got ${i.got}`,
  );
  throw new SkeinError(options.code ?? 'CONFIG', lines.join('\n'), {
    details: { issues },
    ...(options.advice === undefined ? {} : { advice: options.advice }),
  });
}

/** A copy of the value in which absent properties have their schema's defaults. */
export function withDefaults<S extends TSchema>(schema: S, value: unknown): unknown {
  return Value.Default(schema, Value.Clone(value));
}

interface RawIssue {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Everything that is wrong with a value, one issue a path. */
export function issuesOf(schema: TSchema, value: unknown): Issue[] {
  const byPath = new Map<string, RawIssue[]>();
  for (const raw of Value.Errors(schema, value) as RawIssue[]) {
    const list = byPath.get(raw.instancePath);
    if (list === undefined) byPath.set(raw.instancePath, [raw]);
    else list.push(raw);
  }
  return [...byPath].flatMap(([path, raws]) => {
    const missing = raws.flatMap((raw) =>
      raw.keyword === 'required' ? (raw.params as { requiredProperties: string[] }).requiredProperties : [],
    );
    // An unknown property is reported under its own path; the parent's summary of it says nothing more.
    const own = raws.filter((raw) => raw.keyword !== 'required' && raw.keyword !== 'additionalProperties');
    return [
      ...missing.map((name) => ({ path: dotted(`${path}/${name}`), expected: 'a value', got: 'nothing' })),
      ...(own.length === 0 ? [] : [{ path: dotted(path), expected: expectation(own), got: show(at(value, path)) }]),
    ];
  });
}

function expectation(raws: readonly RawIssue[]): string {
  if (raws.some((raw) => raw.keyword === 'boolean')) return 'no such property';
  const constants = raws.filter((raw) => raw.keyword === 'const');
  if (constants.length > 0)
    return constants.map((raw) => show((raw.params as { allowedValue: unknown }).allowedValue)).join(' or ');
  const parts = raws
    .filter((raw) => raw.keyword !== 'anyOf')
    .map((raw) => raw.message.replace(/^must (be |match )?/, '').replace(/^(?=[<>])/, 'a number '));
  return [...new Set(parts)].join(' and ');
}

const dotted = (pointer: string): string =>
  pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');

function at(value: unknown, pointer: string): unknown {
  if (pointer === '') return value;
  let current: unknown = value;
  for (const step of pointer.slice(1).split('/')) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return current;
}

/** A value as a short text for messages: JSON, typed arrays as `Float32Array(3)`, cut at 80 characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'function') return 'a function';
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length})`;
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The typed arrays that tasks may exchange; they travel as raw bytes, never as JSON. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

const typedArray = <A extends NumericArray>(ArrayType: new (length: number) => A) =>
  Type.Refine(
    Type.Unsafe<A>(Type.Unknown()),
    (value: unknown) => value instanceof ArrayType,
    () => `must be a ${ArrayType.name}`,
  );

/** Schema of a `Float32Array`. */
export const Float32 = typedArray<Float32Array>(Float32Array);
/** Schema of a `Float64Array`. */
export const Float64 = typedArray<Float64Array>(Float64Array);
/** Schema of an `Int32Array`. */
export const Int32 = typedArray<Int32Array>(Int32Array);
/** Schema of a `Uint8Array`. */
export const Uint8 = typedArray<Uint8Array>(Uint8Array);
