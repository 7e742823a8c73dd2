/**
 * Runs the device cases on one backend, named as the argument, in a process of its own: packages of backends cannot be
 * unloaded, and a device's driver is chosen by the environment. Prints a `DeviceReport` as the last line.
 */

import { messageOf } from '@skein/core';
import { type BackendName, useBackend } from '../backends.ts';
import { DEVICE_CASES, type DeviceResult } from './device-cases.ts';

/** What a backend gave for each case, or why it could not be used. */
export type DeviceReport =
  | { readonly reason: string }
  | { readonly results: Readonly<Record<string, DeviceResult | { readonly error: string }>> };

async function report(name: BackendName): Promise<DeviceReport> {
  try {
    await useBackend(name);
  } catch (error) {
    return { reason: messageOf(error) };
  }
  const results: Record<string, DeviceResult | { readonly error: string }> = {};
  for (const [title, run] of Object.entries(DEVICE_CASES)) {
    try {
      results[title] = await run();
    } catch (error) {
      results[title] = { error: messageOf(error) };
    }
  }
  return { results };
}

process.stdout.write(`\n${JSON.stringify(await report(process.argv[2] as BackendName))}\n`);
