/** How fast a run is, when it will end, and a line that says so. */

import type { BatchEvent, EpochEvent } from './options.ts';

/** Speed of a run since it was started. */
export interface Speed {
  readonly samplesPerSecond: number;
  /** Seconds until the last epoch ends, validation included; null while only the stream knows its length. */
  readonly secondsLeft: number | null;
}

/** Counts samples and steps against the clock. */
export class Pace {
  private readonly startedAt = performance.now();
  private samples = 0;
  private steps = 0;

  count(samples: number): void {
    this.samples += samples;
    this.steps++;
  }

  /** The speed when this many steps are still to be taken. */
  speed(stepsLeft: number | null): Speed {
    const seconds = (performance.now() - this.startedAt) / 1000;
    return {
      samplesPerSecond: this.samples / seconds,
      secondsLeft: stepsLeft === null || this.steps === 0 ? null : (seconds / this.steps) * stepsLeft,
    };
  }
}

/** The progress of a run as a line without its end: where it is, losses, speed and time left. */
export function progressLine(event: BatchEvent | EpochEvent): string {
  const { epoch, epochs, loss, samplesPerSecond, secondsLeft } = event;
  const parts = [`epoch ${epoch}/${epochs}`];
  if ('batch' in event) parts.push(`batch ${event.batch}${event.batches === null ? '' : `/${event.batches}`}`);
  parts.push(`loss ${significant(loss)}`);
  if ('metrics' in event) parts.push(...measures(event));
  parts.push(`${Math.round(samplesPerSecond).toLocaleString('en')} samples/s`);
  if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  return parts.join(', ');
}

function measures({ validationLoss, metrics, best }: EpochEvent): string[] {
  const validation = validationLoss === null ? [] : [`validation ${significant(validationLoss)}`];
  const named = Object.entries(metrics).map(([name, value]) => `${name} ${significant(value)}`);
  return [...validation, ...named, ...(best ? ['best so far'] : [])];
}

const significant = (x: number): string => String(Number(x.toPrecision(4)));

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
