/** Results of compiled functions: tensors, or arrays and plain objects of them. */

import { SkeinError } from '@skein/core';
import { Tensor } from '@tensorflow/tfjs-core';

/** What a compiled function may return. */
export type Result = Tensor | null | undefined | readonly Result[] | { readonly [key: string]: Result };

/** The shape of a result with each tensor replaced by its number. */
export type Structure =
  | { readonly kind: 'tensor'; readonly index: number }
  | { readonly kind: 'nothing'; readonly value: null | undefined }
  | { readonly kind: 'array'; readonly items: readonly Structure[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Structure])[] };

/** Takes a result apart; its tensors are appended to `tensors`. `path` names the place in errors. */
export function takeApart(result: unknown, tensors: Tensor[], path = 'result'): Structure {
  if (result === null || result === undefined) return { kind: 'nothing', value: result };
  if (result instanceof Tensor) return { kind: 'tensor', index: tensors.push(result) - 1 };
  if (Array.isArray(result)) {
    return { kind: 'array', items: result.map((item, i) => takeApart(item, tensors, `${path}[${i}]`)) };
  }
  if (Object.getPrototypeOf(result) === Object.prototype) {
    const entries = Object.entries(result as Readonly<Record<string, unknown>>);
    return {
      kind: 'object',
      entries: entries.map(([key, value]) => [key, takeApart(value, tensors, `${path}.${key}`)] as const),
    };
  }
  throw new SkeinError('COMPILE', `${path}: expected a tensor or an array or object of tensors, got ${typeof result}`, {
    details: { path, found: typeof result },
    advice: 'a number read from a tensor would be frozen: return the tensor itself and read it outside',
  });
}

/** Puts a result together from its tensors. */
export function putTogether(structure: Structure, tensors: readonly Tensor[]): Result {
  switch (structure.kind) {
    case 'nothing':
      return structure.value;
    case 'tensor':
      return tensors[structure.index]!;
    case 'array':
      return structure.items.map((item) => putTogether(item, tensors));
    case 'object':
      return Object.fromEntries(structure.entries.map(([key, value]) => [key, putTogether(value, tensors)]));
  }
}
