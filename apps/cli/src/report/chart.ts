/** Charts as SVG texts, through Vega-Lite, without a browser. */

import { loader, parse as parseVega, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** What all charts share: the page's fonts and quiet axes. */
const STYLE = {
  background: 'white',
  font: 'Inter, "Helvetica Neue", Arial, sans-serif',
  axis: {
    gridColor: '#e8ecf1',
    domainColor: '#aab4c0',
    tickColor: '#aab4c0',
    labelColor: '#4a5565',
    titleColor: '#4a5565',
    titleFontWeight: 500,
  },
  legend: { labelColor: '#4a5565', labelLimit: 400, title: null, orient: 'top' },
  title: { anchor: 'start', color: '#1c2733', subtitleColor: '#4a5565', fontSize: 15 },
  view: { stroke: null },
} as const;

/** Colours with enough contrast on white, also for colour-blind readers (Okabe and Ito). */
export const COLOURS = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', grey: '#9aa5b1' } as const;

/** Renders a Vega-Lite specification. */
export async function renderSvg(spec: Omit<TopLevelSpec, 'config'>): Promise<string> {
  const { spec: vegaSpec } = compile({ ...spec, config: STYLE } as TopLevelSpec);
  const view = new View(parseVega(vegaSpec), { renderer: 'none', loader: loader() });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
