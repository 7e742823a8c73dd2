/** Several outputs of different kinds: P(y | x) is the product of the heads' distributions. */

import { SkeinError } from '@skein/core';
import { addN, concat, slice, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { checkColumns, type Head } from './head.ts';

/** A head with its columns of parameters and of targets. */
interface Part {
  readonly name: string;
  readonly head: Head;
  readonly parametersFrom: number;
  readonly targetsFrom: number;
}

function partsOf(heads: Readonly<Record<string, Head>>): Part[] {
  let [parametersFrom, targetsFrom] = [0, 0];
  return Object.entries(heads).map(([name, head]) => {
    const part = { name, head, parametersFrom, targetsFrom };
    parametersFrom += head.parameters;
    targetsFrom += head.targets;
    return part;
  });
}

/**
 * Independent heads as one, in the order of the object: its parameters and targets are theirs side by side, its negative
 * log-likelihood is their sum, and its statistics are named `head.statistic`. Throws `CONFIG` when there is none.
 */
export function independentHeads(heads: Readonly<Record<string, Head>>): Head {
  const parts = partsOf(heads);
  if (parts.length === 0) throw new SkeinError('CONFIG', 'heads: expected at least one head, got none');
  const parameters = parts.reduce((total, { head }) => total + head.parameters, 0);
  const targets = parts.reduce((total, { head }) => total + head.targets, 0);
  const rowsOf = (rows: Tensor, { head, parametersFrom }: Part): Tensor => {
    return slice(rows, [0, parametersFrom], [-1, head.parameters]);
  };
  const lossOf = (rows: Tensor, y: Tensor, part: Part): Tensor1D => {
    const ownY = slice(y, [0, part.targetsFrom], [-1, part.head.targets]);
    return part.head.negativeLogLikelihood(rowsOf(rows, part), ownY);
  };
  return {
    parameters,
    targets,
    variables: parts.flatMap(({ head }) => head.variables),
    negativeLogLikelihood: (rows, y) =>
      tidy(() => {
        checkColumns('parameters', rows, parameters);
        checkColumns('targets', y, targets);
        return addN(parts.map((part) => lossOf(rows, y, part)));
      }),
    targetProblem: (column, value) => {
      const { head, targetsFrom } = parts.findLast((part) => part.targetsFrom <= column)!;
      return head.targetProblem(column - targetsFrom, value);
    },
    describe: (rows) =>
      tidy(() => {
        const named = parts.flatMap((part) => {
          const statistics = Object.entries(part.head.describe(rowsOf(rows, part)));
          return statistics.map(([statistic, value]) => [`${part.name}.${statistic}`, value] as const);
        });
        return Object.fromEntries(named);
      }),
    mode: (rows) =>
      tidy(() =>
        concat(
          parts.map((part) => part.head.mode(rowsOf(rows, part))),
          1,
        ),
      ),
  };
}
