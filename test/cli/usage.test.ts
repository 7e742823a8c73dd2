/** What every command promises: help, errors that name the flag, exit codes. */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandHelp, commands, kebabCase, readInvocation } from '@skein/cli';
import { optionsOf } from '@skein/core';
import { describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';

const cwd = process.cwd();

test('without arguments the overview is printed and the exit code is 2; --help gives 0', async () => {
  const [bare, help] = await Promise.all([runCli([], { cwd }), runCli(['--help'], { cwd })]);
  expect(bare.code).toBe(2);
  expect(help.code).toBe(0);
  for (const command of commands) expect(help.stdout).toContain(command.summary);
});

describe.each(commands.map((command) => [command.name, command] as const))('skein %s', (name, command) => {
  const positionals = command.positionals.map((positional) => positional.choices?.[0] ?? 'x');

  test('its help shows the usage, every flag and its default', () => {
    const help = commandHelp(command, positionals);
    expect(help).toContain(`Usage: skein ${name}`);
    for (const option of optionsOf(command.options(positionals))) {
      expect(help).toContain(`--${kebabCase(option.name)} `);
      if (typeof option.fallback === 'number') expect(help).toContain(`(default ${option.fallback})`);
    }
  });

  test('refuses an unknown flag by name', () => {
    expect(() => readInvocation(command, [...positionals, '--no-such-flag', '1'])).toThrow(
      `--no-such-flag: expected a flag of 'skein ${name}', got an unknown one`,
    );
  });
});

test('the help of an algorithm has its own options', async () => {
  const { code, stdout } = await runCli(['train', 'dqn', '--help'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/--learning-rate NUMBER +Adam's step size \(default /);
});

test('an unknown command is refused with a suggestion', async () => {
  const { code, stderr } = await runCli(['evlve'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("did you mean 'skein evolve'?");
});

test('a run never overwrites another', async () => {
  using folder = temporaryFolder();
  const args = ['evolve', '--generations', '2', '--out', 'a'];
  expect((await runCli(args, { cwd: folder.path })).code).toBe(0);
  const again = await runCli(args, { cwd: folder.path });
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('--out a: expected a new folder, got one that holds a run');
  expect(again.stderr).toContain('skein resume a');
});

test('a training run tells which tuned options it takes', async () => {
  using folder = temporaryFolder();
  const train = (...more: string[]) =>
    runCli(['train', 'dqn', '--env', 'MountainCar-v0', '--steps', '200', ...more], { cwd: folder.path });
  const [tuned, plain] = await Promise.all([
    train('--learning-rate', '1e-3', '--out', 'tuned'),
    train('--preset', 'none', '--out', 'plain'),
  ]);
  expect([tuned.code, plain.code]).toEqual([0, 0]);
  const [line] = tuned.stderr.split('\n').filter((text) => text.includes('tuned'));
  expect(line).toMatch(/^options tuned for MountainCar-v0, unless --preset none: --batch-size .*--n-steps/);
  expect(line).not.toContain('--learning-rate');
  expect(plain.stderr).not.toContain('tuned');
});

test('what was compiled is kept in the cache folder of the user; without one the command runs as well', async () => {
  using folder = temporaryFolder();
  const cache = join(folder.path, 'cache');
  const version = (home: string) =>
    runCli(['--version'], { cwd, env: { XDG_CACHE_HOME: home, NODE_COMPILE_CACHE: '' } });
  const first = await version(cache);
  expect(readdirSync(join(cache, 'skein/compiled'))).toHaveLength(1);
  writeFileSync(join(folder.path, 'file'), '');
  expect(await version(join(folder.path, 'file'))).toEqual(first);
  expect(first).toMatchObject({ code: 0, stderr: '' });
});
