/** `skein doctor`: what this machine offers Skein, and why something is not used. */

import { spawnSync } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { SkeinError, Type } from '@skein/core';
import { defineCommand } from '../command.ts';
import { VERSION } from '../version.ts';

const Options = Type.Object(
  { json: Type.Boolean({ default: false, description: 'print JSON instead of a table' }) },
  { additionalProperties: false },
);

/** One finding. `ok: false` is not an error: optional parts may be absent. */
interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly note: string;
}

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'show versions, backends and optional parts, with the reason why one is not used',
  positionals: [],
  options: () => Options,
  examples: ['skein doctor', 'skein doctor --json'],
  run: async ({ options }) => {
    const findings = [...system(), ...(await backends()), natsServer()];
    console.log(options.json ? JSON.stringify(findings, null, 2) : table(findings));
    if (!findings.some((finding) => finding.part === 'backend simd' && finding.ok)) {
      throw new SkeinError('BACKEND', 'the simd backend cannot be used: training would be slow', {
        advice: "run 'npm run build' in the repository, or reinstall the package",
      });
    }
    return 0;
  },
});

function system(): Finding[] {
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  return [
    { part: 'skein', ok: true, note: VERSION },
    {
      part: 'node',
      ok: true,
      note: `${process.version} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`,
    },
    { part: 'machine', ok: true, note: `${availableParallelism()} cores, ${memory}` },
  ];
}

async function backends(): Promise<Finding[]> {
  const { backendReport, useBackend } = await import('@skein/nn');
  const chosen = await useBackend('auto');
  const rows = await backendReport();
  return rows.map((row) => ({
    part: `backend ${row.name}`,
    ok: row.available,
    note: [row.name === chosen ? "chosen by 'auto'" : '', row.reason ?? '', row.package]
      .filter((s) => s !== '')
      .join('; '),
  }));
}

function natsServer(): Finding {
  const result = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  if (result.status === 0) return { part: 'nats-server', ok: true, note: result.stdout.trim() };
  return { part: 'nats-server', ok: false, note: 'not on the PATH; needed on one machine to run workers on several' };
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.part.length));
  return findings.map(({ part, ok, note }) => `${ok ? 'ok ' : '-  '} ${part.padEnd(width)}  ${note}`).join('\n');
}
