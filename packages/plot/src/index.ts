/** Public table of contents of @skein/plot: every picture is one call that gives an SVG text. */

export { COLOURS, renderSvg, renderVega } from './chart.ts';
export * from './curves.ts';
