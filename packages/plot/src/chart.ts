/** Charts as SVG texts, through Vega-Lite and Vega, without a browser. */

import { type Config, loader, parse as parseVega, type Spec, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

const INK = '#1c2733';
const QUIET = '#4a5565';

/** What all charts share: the page's fonts and quiet axes. */
const STYLE = {
  background: 'white',
  font: 'Inter, "Helvetica Neue", Arial, sans-serif',
  axis: {
    gridColor: '#e8ecf1',
    domainColor: '#aab4c0',
    tickColor: '#aab4c0',
    labelColor: QUIET,
    titleColor: QUIET,
    titleFontWeight: 500,
  },
  legend: { labelColor: QUIET, labelLimit: 400, title: null, orient: 'top' },
  header: { titleColor: QUIET, labelColor: INK, labelFontSize: 12, labelFontWeight: 500 },
  title: { anchor: 'start', color: INK, subtitleColor: QUIET, fontSize: 15 },
  view: { stroke: null },
} as const;

/** The same for Vega, which has no such short forms. */
const VEGA_STYLE: Config = {
  background: STYLE.background,
  axis: STYLE.axis,
  legend: { labelColor: QUIET, titleColor: QUIET, titleFontWeight: 500 },
  title: { ...STYLE.title, font: STYLE.font, subtitleFont: STYLE.font },
  style: { 'guide-label': { font: STYLE.font }, 'guide-title': { font: STYLE.font } },
};

/** Colours with enough contrast on white, also for colour-blind readers (Okabe and Ito). */
export const COLOURS = {
  blue: '#0072b2',
  orange: '#d55e00',
  green: '#009e73',
  purple: '#aa4499',
  gold: '#b8860b',
  grey: '#9aa5b1',
  ink: INK,
} as const;

/** Title and sentence below it, and what the axes show. */
export interface PictureText {
  readonly title: string;
  readonly subtitle: string;
}

/** Renders a Vega-Lite specification. */
export async function renderSvg(spec: Omit<TopLevelSpec, 'config'>): Promise<string> {
  const { spec: vegaSpec } = compile({ ...spec, config: STYLE } as TopLevelSpec);
  return draw(vegaSpec, {});
}

/** Renders a Vega specification, for what Vega-Lite cannot say. */
export const renderVega = (spec: Omit<Spec, 'config'>): Promise<string> => draw(spec, VEGA_STYLE);

async function draw(spec: Spec, config: Config): Promise<string> {
  const view = new View(parseVega(spec, config), { renderer: 'none', loader: loader() });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
