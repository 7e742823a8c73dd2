/** To be imported before a program: its clock is a year ahead, and jumps a day back and forth every half second. */

const YEAR_MS = 365 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
const real = Date.now;
const offset = (): number => YEAR_MS + (Math.floor(performance.now() / 500) % 2) * DAY_MS;

Date.now = () => real() + offset();
globalThis.Date = class extends Date {
  constructor(...args: [] | ConstructorParameters<typeof Date>) {
    if (args.length === 0) super(real() + offset());
    else super(...args);
  }
} as DateConstructor;
