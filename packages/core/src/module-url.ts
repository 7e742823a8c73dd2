/**
 * The URL of a module beside the one that asks, for threads and tasks, which are named by URL: sources end in `.ts`, built
 * packages in `.js`. `name` has no extension; `from` is `import.meta.url`.
 */
export const moduleBeside = (name: string, from: string): string =>
  new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from).href;
