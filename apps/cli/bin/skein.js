#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`skein needs Node.js 22.18 or newer, this is ${process.version}`);
  process.exit(2);
}
// An installed package runs what was built of it: Node.js strips no types inside node_modules.
const { main } = await import(import.meta.url.includes('/node_modules/') ? '../dist/main.js' : '../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
