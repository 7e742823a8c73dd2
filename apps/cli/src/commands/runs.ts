/** `skein runs`, `status`, `logs`, `cancel` and `workers`: looking at runs, here and on a server. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cancelRun,
  deleteRun,
  listRuns,
  type MetricRow,
  natsRuntime,
  readMetrics,
  SkeinError,
  Type,
  terminalSink,
} from '@skein/core';
import { defineCommand } from '../command.ts';
import { RunFolder } from '../run-folder.ts';
import { connectionFlags, connectionOf } from '../runtime.ts';

const runPositional = [{ name: 'run', description: 'folder of the run', required: true }] as const;
const server = {
  ...connectionFlags,
  nats: Type.String({ default: 'nats://127.0.0.1:4222', description: 'NATS server with JetStream' }),
};

/** Rows as aligned columns. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const runs = defineCommand({
  name: 'runs',
  summary: 'list runs: those of a folder, or those that a server keeps',
  positionals: [],
  options: () =>
    Type.Object(
      { folder: Type.String({ default: 'runs', description: 'where to look' }), ...connectionFlags },
      { additionalProperties: false },
    ),
  examples: ['skein runs', 'skein runs --nats nats://127.0.0.1:4222'],
  run: async ({ options: { folder, nats, ...flags } }) => {
    const rows = nats === undefined ? foldersIn(folder) : await onServer(connectionOf({ ...flags, nats }));
    console.log(rows.length > 1 ? table(rows) : nats === undefined ? `no runs in ${folder}` : `no runs on ${nats}`);
    return 0;
  },
});

function foldersIn(folder: string): string[][] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder)
    .map((name) => new RunFolder(join(folder, name)))
    .filter((run) => existsSync(run.manifest))
    .map((run) => ({ run, at: statSync(run.manifest).mtimeMs }))
    .sort((a, b) => a.at - b.at);
  return [['run', 'kind', 'what', 'state', 'step'], ...found.map(({ run }) => rowOf(run))];
}

function rowOf(run: RunFolder): string[] {
  const { kind, name } = run.readManifest();
  return [run.path, kind, name, stateOf(run), String(lastRow(run)?.step ?? 0)];
}

const stateOf = (run: RunFolder): string => (existsSync(run.summary) ? 'ended' : 'unfinished');
const lastRow = (run: RunFolder): MetricRow | undefined =>
  existsSync(run.metrics) ? readMetrics(run.metrics).at(-1) : undefined;

async function onServer(connection: Parameters<typeof listRuns>[0]): Promise<string[][]> {
  const listed = await listRuns(connection);
  return [
    ['run', 'created', 'finished', 'waiting or running', 'bytes'],
    ...listed.map(({ run, createdAt, finished, waiting, bytes }) => [
      run,
      new Date(createdAt).toISOString(),
      `${finished}`,
      `${waiting}`,
      `${bytes}`,
    ]),
  ];
}

export const status = defineCommand({
  name: 'status',
  summary: 'show how far a run is',
  positionals: [...runPositional],
  options: () => Type.Object({}, { additionalProperties: false }),
  examples: ['skein status runs/cartpole-v1-dqn-1'],
  run: async ({ positionals }) => {
    const run = new RunFolder(positionals[0] as string);
    const { kind, name, createdAt, skein, config } = run.readManifest();
    const newest: Record<string, number> = {};
    for (const row of existsSync(run.metrics) ? readMetrics(run.metrics) : [])
      Object.assign(newest, row.metrics, { step: row.step });
    const shown = {
      kind,
      name,
      created: createdAt,
      skein,
      state: stateOf(run),
      ...newest,
      config: JSON.stringify(config),
    };
    console.log(table(Object.entries(shown).map(([key, value]) => [key, String(value)])));
    if (stateOf(run) === 'unfinished') console.log(`continue with: skein resume ${run.path}`);
    return 0;
  },
});

/** Milliseconds between two looks at a growing file. */
const FOLLOW_EVERY_MS = 500;

export const logs = defineCommand({
  name: 'logs',
  summary: "print a run's metrics, a line a row",
  positionals: [...runPositional],
  options: () =>
    Type.Object(
      {
        follow: Type.Boolean({ default: false, description: 'go on printing until the run ends' }),
        last: Type.Optional(Type.Integer({ minimum: 1, description: 'only so many of the newest rows' })),
      },
      { additionalProperties: false },
    ),
  examples: ['skein logs runs/cartpole-v1-dqn-1 --last 5', 'skein logs runs/cartpole-v1-dqn-1 --follow'],
  run: async ({ positionals, options }) => {
    const run = new RunFolder(positionals[0] as string);
    run.readManifest();
    const sink = terminalSink();
    const rows = () => (existsSync(run.metrics) ? readMetrics(run.metrics) : []);
    let printed = options.last === undefined ? 0 : Math.max(0, rows().length - options.last);
    for (;;) {
      const ended = existsSync(run.summary);
      for (const { step, metrics } of rows().slice(printed)) {
        sink.write(step, metrics);
        printed++;
      }
      if (!options.follow || ended) return 0;
      await sleep(FOLLOW_EVERY_MS);
    }
  },
});

export const cancel = defineCommand({
  name: 'cancel',
  summary: 'cancel what a run has on a server, from anywhere',
  positionals: [...runPositional],
  options: () =>
    Type.Object(
      {
        delete: Type.Boolean({ default: false, description: 'delete also its results, parameters and blobs there' }),
        ...server,
      },
      { additionalProperties: false },
    ),
  examples: ['skein cancel runs/cartpole-v1-dqn-1 --nats nats://127.0.0.1:4222'],
  run: async ({ positionals, options }) => {
    const run = new RunFolder(positionals[0] as string);
    const name = run.serverName;
    const connection = connectionOf(options);
    if (!(await listRuns(connection)).some((listed) => listed.run === name)) {
      throw new SkeinError('CONFIG', `${run.path}: expected a run that is on ${options.nats}, got one that is not`, {
        advice: "a run on this machine stops with Ctrl-C; 'skein runs --nats' lists a server's runs",
      });
    }
    await (options.delete ? deleteRun : cancelRun)(connection, name);
    console.log(`cancelled the tasks of ${run.path}; continue with: skein resume ${run.path}`);
    return 0;
  },
});

export const workers = defineCommand({
  name: 'workers',
  summary: 'list the workers that answer on a server',
  positionals: [],
  options: () => Type.Object(server, { additionalProperties: false }),
  examples: ['skein workers --nats nats://127.0.0.1:4222'],
  run: async ({ options }) => {
    await using runtime = await natsRuntime(connectionOf(options));
    const found = await runtime.workers();
    const rows = found.map((w) => [
      w.name,
      w.host,
      `${w.pid}`,
      `${w.held}/${w.concurrency}`,
      w.queues.join(','),
      w.tasks.join(', '),
    ]);
    console.log(
      rows.length === 0
        ? `no worker answers on ${options.nats}`
        : table([['worker', 'host', 'process', 'busy', 'queues', 'tasks'], ...rows]),
    );
    return 0;
  },
});
