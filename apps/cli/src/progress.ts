/** Progress of long work: a status line that is rewritten on a terminal, plain lines now and then when piped. */

/** Where a status line goes; `process.stderr` fits. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** What is under way, e.g. `dqn on CartPole-v1`. */
  readonly title: string;
  /** What is counted, e.g. `steps`. */
  readonly unit: string;
  readonly total: number;
  /** Where the work starts counting (a resumed run does not start at 0). */
  readonly start?: number;
  readonly stream?: ProgressStream;
  /** Milliseconds between two plain lines. */
  readonly plainEveryMs?: number;
  /** Clock in milliseconds; injected by tests. */
  readonly now?: () => number;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 5000;

export const seconds = (s: number): string => {
  if (!Number.isFinite(s)) return '?';
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(s % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const grouped = (n: number): string => Math.round(n).toLocaleString('en-GB');

/** What work tells of itself: a `Progress` of its own, or a part of a larger one. */
export type ProgressView = Pick<Progress, 'update' | 'log' | 'end'>;

/** A progress whose count is the sum of its parts'. */
export function dividedProgress(whole: Progress, names: readonly string[]): ProgressView[] {
  const counts = new Map<string, number>();
  return names.map((name) => ({
    update: (count, note) => {
      counts.set(name, count);
      const sum = [...counts.values()].reduce((a, b) => a + b, 0);
      whole.update(sum, note === undefined || note === '' ? undefined : `${name}: ${note}`);
    },
    log: (text) => whole.log(`${name}: ${text}`),
    end: () => undefined,
  }));
}

/** Shows how far work is, its rate, the time left and a note such as the best result so far. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #began: number;
  readonly #start: number;
  #count: number;
  #note = '';
  #shown = -Infinity;
  #onLine = false;
  /** Count and note of the newest line. */
  #drawn = '';

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#stream = options.stream ?? process.stderr;
    this.#now = options.now ?? Date.now;
    this.#began = this.#now();
    this.#start = options.start ?? 0;
    this.#count = this.#start;
  }

  /** Moves to a count; the note stays until another is given. */
  update(count: number, note?: string): void {
    this.#count = count;
    if (note !== undefined) this.#note = note;
    const every = this.#stream.isTTY ? REDRAW_MS : (this.#options.plainEveryMs ?? PLAIN_EVERY_MS);
    if (this.#now() - this.#shown < every) return;
    this.#shown = this.#now();
    this.#draw();
  }

  /** Prints a line that stays, above the status line. */
  log(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
    if (this.#stream.isTTY) this.#draw();
  }

  /** Draws the final state, unless a plain line has just said it, and ends the line. */
  end(): void {
    if (this.#stream.isTTY || this.#drawn !== this.#state()) this.#draw();
    if (this.#onLine) this.#stream.write('\n');
    this.#onLine = false;
  }

  #line(): string {
    const { title, unit, total } = this.#options;
    const elapsed = (this.#now() - this.#began) / 1000;
    const rate = elapsed > 0 ? (this.#count - this.#start) / elapsed : 0;
    const left = rate > 0 ? (total - this.#count) / rate : Infinity;
    const parts = [`${grouped(this.#count)}/${grouped(total)} ${unit}`];
    if (rate > 0) parts.push(`${rate >= 10 ? grouped(rate) : rate.toFixed(2)}/s`);
    parts.push(this.#count >= total ? `took ${seconds(elapsed)}` : `${seconds(left)} left`);
    if (this.#note !== '') parts.push(this.#note);
    return `${title}  ${this.#bar()}${parts.join('  ')}`;
  }

  #bar(): string {
    if (!this.#stream.isTTY) return '';
    const filled = Math.round(BAR_WIDTH * Math.min(1, this.#count / Math.max(1, this.#options.total)));
    return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]  `;
  }

  #state(): string {
    return `${this.#count} ${this.#note}`;
  }

  #draw(): void {
    this.#drawn = this.#state();
    if (!this.#stream.isTTY) {
      this.#stream.write(`${this.#line()}\n`);
      return;
    }
    this.#clear();
    this.#stream.write(this.#line().slice(0, (this.#stream.columns ?? 120) - 1));
    this.#onLine = true;
  }

  #clear(): void {
    if (this.#onLine) this.#stream.write('\r\x1b[K');
    this.#onLine = false;
  }
}
