/** `npm run bench -- [AREA/NAME ...] [--quick] [--write]`: runs benchmarks; `--write` puts the results into docs/benchmarks.md. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Benchmark, machine, markdownTable } from './harness.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const page = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

/** `AREA/NAME` of every program of the areas, benchmarks and their helpers alike. */
const programs = (): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist')
    .flatMap((area) => readdirSync(`${folder}/${area.name}`).map((file) => `${area.name}/${file}`))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => path.slice(0, -'.ts'.length))
    .sort();

/** Replaces the section of a benchmark in the page, or adds it. */
function writeSection(name: string, section: string): void {
  const head =
    '# Benchmarks\n\nEach table is one run of `npm run bench -- NAME --write`, all sides in one go on the machine it names.\n';
  let text = head;
  try {
    text = readFileSync(page, 'utf8');
  } catch {}
  const sections = text.split(/^(?=## )/m);
  const at = sections.findIndex((s) => s.startsWith(`## ${name}\n`));
  if (at < 0) sections.push(section);
  else sections[at] = section;
  writeFileSync(page, `${sections.map((s) => s.trimEnd()).join('\n\n')}\n`);
}

const flags = process.argv.slice(2).filter((arg) => arg.startsWith('--'));
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const all = programs();
const chosen =
  wanted.length === 0 ? all : all.filter((name) => wanted.some((w) => name === w || name.startsWith(`${w}/`)));
if (chosen.length === 0 || flags.some((flag) => flag !== '--quick' && flag !== '--write')) {
  console.error(`expected [AREA/NAME ...] [--quick] [--write]; programs: ${all.join(', ')}`);
  process.exit(2);
}
for (const name of chosen) {
  const { benchmark } = (await import(`./${name}.ts`)) as { benchmark?: Benchmark };
  if (benchmark === undefined) continue;
  console.error(`${name} ...`);
  const rows = await benchmark.run({ quick: flags.includes('--quick') });
  const section = `## ${name}\n\n${benchmark.claim}\n\n${markdownTable(rows)}\n\n${machine()}\n`;
  console.log(section);
  if (flags.includes('--write')) writeSection(name, section);
}
