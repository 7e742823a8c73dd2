import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expectClose } from '@skein/core/testkit';
import { describe, expect, it } from 'vitest';
import { BACKENDS, type BackendName } from './backends.ts';
import { DEVICE_CASES, type DeviceResult } from './testkit/device-cases.ts';
import type { DeviceReport } from './testkit/device-program.ts';

/** Where Debian's chromium keeps the description of its software GPU, SwiftShader. */
const SWIFTSHADER = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib/chromium-browser/vk_swiftshader_icd.json'];

/** The environment of a child: a software GPU where this machine has one and nobody chose another. */
function environment(): NodeJS.ProcessEnv {
  const driver = SWIFTSHADER.find((path) => existsSync(path));
  return driver === undefined ? process.env : { VK_ICD_FILENAMES: driver, ...process.env };
}

const program = fileURLToPath(new URL('testkit/device-program.ts', import.meta.url));

async function reportOf(name: BackendName): Promise<DeviceReport> {
  try {
    const options = { env: environment(), maxBuffer: 2 ** 26 };
    const { stdout } = await promisify(execFile)(process.execPath, [program, name], options);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as DeviceReport;
  } catch (error) {
    return { reason: `its process ended: ${(error as Error).message}` };
  }
}

const reports = new Map<BackendName, DeviceReport>();
for (const name of BACKENDS) reports.set(name, await reportOf(name));

/** Trainings amplify the differences of rounding between devices. */
const TOLERANCE = { rtol: 2e-3, atol: 2e-4 };

function expectSame(actual: DeviceResult, expected: DeviceResult): void {
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length));
  for (const [i, values] of expected.entries()) expectClose(actual[i]!, values, TOLERANCE);
}

describe('models on every backend', () => {
  const reference = reports.get('cpu')!;

  it('run on plain JavaScript, and on simd', () => {
    expect(reference).toHaveProperty('results');
    expect(reports.get('simd')).toHaveProperty('results');
  });

  for (const name of BACKENDS.filter((backend) => backend !== 'cpu')) {
    const report = reports.get(name)!;
    if ('reason' in report) {
      it.skip(`${name}: ${report.reason}`, () => undefined);
      continue;
    }
    it.each(Object.keys(DEVICE_CASES))(`${name} computes what the cpu backend computes: %s`, (title) => {
      const actual = report.results[title]!;
      const expected = (reference as { results: Record<string, DeviceResult> }).results[title]!;
      if ('error' in actual) throw new Error(actual.error);
      else expectSame(actual, expected);
    });
  }
});
