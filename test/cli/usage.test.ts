/** What every command promises: help, errors that name the flag, exit codes. */

import { commands } from '@skein/cli';
import { describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';

const cwd = process.cwd();

test('without arguments the overview is printed and the exit code is 2; --help gives 0', async () => {
  const [bare, help] = await Promise.all([runCli([], { cwd }), runCli(['--help'], { cwd })]);
  expect(bare.code).toBe(2);
  expect(help.code).toBe(0);
  for (const command of commands) expect(help.stdout).toContain(command.summary);
});

describe.each(commands.map((command) => command.name))('skein %s', (name) => {
  test('--help shows the usage and every flag', async () => {
    const { code, stdout } = await runCli([name, '--help'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: skein ${name}`);
    expect(stdout).toMatch(/--config FILE/);
  });

  test('an unknown flag is refused by name with exit code 2', async () => {
    const command = commands.find((candidate) => candidate.name === name);
    const positionals = (command?.positionals ?? []).map((p) => p.choices?.[0] ?? 'x');
    const { code, stderr } = await runCli([name, ...positionals, '--no-such-flag', '1'], { cwd });
    expect(stderr).toContain(`--no-such-flag: expected a flag of 'skein ${name}', got an unknown one`);
    expect(code).toBe(2);
  });
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
