/** Metrics as lines for a person: `step 1,000  episode/return 23.5  loss/value 0.0312`. */

import type { MetricSink } from './metrics.ts';

/** Where lines go; `process.stdout` fits. */
export interface LineStream {
  write(text: string): unknown;
}

export interface TerminalSinkOptions {
  readonly stream?: LineStream;
  /** Only these metrics, in this order; all in the order of writing if left out. */
  readonly only?: readonly string[];
}

const DIGITS = 4;

/** Three to four significant digits, whole numbers grouped. */
const text = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-GB') : String(Number(value.toPrecision(DIGITS)));

/** Prints every row as one line, to standard output unless told otherwise. Rows without a wanted metric print nothing. */
export function terminalSink(options: TerminalSinkOptions = {}): MetricSink {
  const { stream = process.stdout, only } = options;
  return {
    write: (step, metrics) => {
      const values: Readonly<Record<string, number>> = { ...metrics };
      const shown = (only ?? Object.keys(values)).filter((name) => values[name] !== undefined);
      if (shown.length === 0) return;
      stream.write(
        `step ${text(step)}  ${shown.map((name) => `${name} ${text(values[name] as number)}`).join('  ')}\n`,
      );
    },
    close: async () => {},
  };
}
