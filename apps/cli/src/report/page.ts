/** A run's report: one HTML file with its pictures and tables inside, readable offline. */

/** A table of name and value. */
export interface ReportTable {
  readonly heading: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

export interface ReportContent {
  readonly title: string;
  /** One sentence that says how the run ended. */
  readonly summary: string;
  /** SVG texts. */
  readonly figures: readonly string[];
  readonly tables: readonly ReportTable[];
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);

const STYLE = `
  body { font: 15px/1.5 Inter, "Helvetica Neue", Arial, sans-serif; color: #1c2733; background: #f5f7f9; margin: 0; }
  main { max-width: 840px; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
  h2 { font-size: 1rem; margin: 0 0 .5rem; }
  p { margin: 0 0 1.25rem; color: #4a5565; }
  section, figure { background: white; border: 1px solid #e1e6ec; border-radius: 8px; padding: 1rem; margin: 0 0 1rem; }
  figure svg { width: 100%; height: auto; }
  table { border-collapse: collapse; width: 100%; }
  th { text-align: left; font-weight: 500; color: #4a5565; width: 40%; vertical-align: top; }
  th, td { padding: .25rem .5rem; border-top: 1px solid #eef1f4; }
  td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
`;

const tableHtml = (table: ReportTable): string => {
  const rows = table.rows.map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<section><h2>${escapeHtml(table.heading)}</h2><table>${rows.join('')}</table></section>`;
};

/** The page as HTML text. */
export function reportPage(content: ReportContent): string {
  const figures = content.figures.map((svg) => `<figure>${svg}</figure>`);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(content.title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escapeHtml(content.title)}</h1><p>${escapeHtml(content.summary)}</p>`,
    ...figures,
    ...content.tables.map(tableHtml),
    '</main></body></html>',
    '',
  ].join('\n');
}
