/** Public table of contents of @skein/plot: every picture is one call that gives an SVG text. */

export { COLOURS, type PictureText, renderSvg, renderVega } from './chart.ts';
export { contourPanels, type Mark, type Panel, type SurfaceOptions, surfaceContours } from './contours.ts';
export * from './convergence.ts';
export * from './curves.ts';
export type { AxisScale, Grid } from './grid.ts';
export * from './study.ts';
export * from './surrogate.ts';
