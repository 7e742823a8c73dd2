#!/usr/bin/env node
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`skein needs Node.js 22.18 or newer, this is ${process.version}`);
  process.exit(2);
}
// What is compiled is kept for the next start of the command, its threads and its workers, which then take half as long.
// A folder of the user's own: what lies in it is run.
const kept = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'skein', 'compiled');
if (module.enableCompileCache(kept).directory !== undefined) process.env.NODE_COMPILE_CACHE ||= kept;
// An installed package runs what was built of it: Node.js strips no types inside node_modules.
const { main } = await import(import.meta.url.includes('/node_modules/') ? '../dist/main.js' : '../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
