import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { DotPanel, FieldPanel, Figure, LinePanel, Panel } from './figure.js';

/** Colours that people with any colour vision can tell apart (Okabe and Ito). */
const COLORS = ['#767676', '#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const PANEL_WIDTH = 380;
const LINE_HEIGHT = 18;
const DOT_ROW_HEIGHT = 26;
const MARGIN = 16;
/** The name of an x axis stands below its numbers, in the middle. */
const BELOW = { labelAnchor: 'center', labelArrow: 'none', labelOffset: 38 } as const;

/** As much of a DOM element as is needed here; this program is not compiled for browsers. */
interface Drawing {
  readonly innerHTML: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
}

/** A figure as the text of an SVG file. */
export function renderFigure(figure: Figure): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const names = [...new Set(figure.panels.flatMap(seriesNames))];
  const colorOf = (name: string) => COLORS[names.indexOf(name) % COLORS.length] ?? 'black';
  const widthOf = (panel: Panel) => (panel.kind === 'dots' ? 1.5 * PANEL_WIDTH : PANEL_WIDTH);
  const top = headerHeight(figure, names);
  const cells: string[] = [];
  let y = top;
  let right = 0;
  for (let at = 0; at < figure.panels.length; at += figure.columns) {
    let x = MARGIN;
    let lowest = y;
    for (const panel of figure.panels.slice(at, at + figure.columns)) {
      const plot = drawPanel(panel, colorOf, document);
      const height = Number(plot.getAttribute('height'));
      cells.push(
        `<text x="${x}" y="${y + 12}" font-weight="bold">${escapeText(panel.title)}</text>`,
        `<svg x="${x}" y="${y + LINE_HEIGHT}" width="${widthOf(panel)}" height="${height}" text-anchor="middle" font-size="11">${contentOf(plot)}</svg>`,
      );
      x += widthOf(panel) + MARGIN;
      right = Math.max(right, x);
      lowest = Math.max(lowest, y + LINE_HEIGHT + height);
    }
    y = lowest + MARGIN;
  }
  const width = Math.max(right, 480);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" font-family="system-ui, sans-serif" font-size="12" fill="black" color="black">`,
    '<style>text { white-space: pre }</style>',
    `<rect width="${width}" height="${y}" fill="white"/>`,
    header(figure, names, colorOf),
    ...cells,
    '</svg>\n',
  ].join('\n');
}

function headerHeight({ note, panels }: Figure, names: readonly string[]): number {
  const lines = 1 + Number(note !== undefined) + Number(names.length > 0 || fieldIn(panels) !== undefined);
  return MARGIN + lines * LINE_HEIGHT + 8;
}

function header(
  { title, note, panels }: Figure,
  names: readonly string[],
  colorOf: (name: string) => string,
): string {
  let y = MARGIN + 6;
  const parts = [
    `<text x="${MARGIN}" y="${y}" font-size="15" font-weight="bold">${escapeText(title)}</text>`,
  ];
  if (note !== undefined) {
    y += LINE_HEIGHT;
    parts.push(`<text x="${MARGIN}" y="${y}">${escapeText(note)}</text>`);
  }
  y += LINE_HEIGHT;
  let x = MARGIN;
  for (const name of names) {
    parts.push(
      `<circle cx="${x + 5}" cy="${y - 4}" r="5" fill="${colorOf(name)}"/>`,
      `<text x="${x + 14}" y="${y}">${escapeText(name)}</text>`,
    );
    x += 30 + 7 * name.length;
  }
  const field = fieldIn(panels);
  if (field !== undefined) parts.push(fieldLegend(field, y));
  return parts.join('\n');
}

/** The colour of each band, with its bounds below. */
function fieldLegend({ bounds, pivot }: FieldPanel, y: number): string {
  const width = 44;
  return bandColors(bounds, pivot)
    .map((color, band) => {
      const x = MARGIN + band * width;
      const label = bounds[band] === undefined ? '' : String(bounds[band]);
      return [
        `<rect x="${x}" y="${y - 12}" width="${width}" height="8" fill="${color}"/>`,
        `<text x="${x + width}" y="${y + 6}" text-anchor="middle" font-size="10">${label}</text>`,
      ].join('');
    })
    .join('\n');
}

function drawPanel(panel: Panel, colorOf: (name: string) => string, document: unknown): Drawing {
  const options = optionsOf(panel, colorOf);
  return Plot.plot({ width: panel.kind === 'dots' ? 1.5 * PANEL_WIDTH : PANEL_WIDTH, ...options, document });
}

function optionsOf(panel: Panel, colorOf: (name: string) => string): Plot.PlotOptions {
  switch (panel.kind) {
    case 'lines':
      return lineOptions(panel, colorOf);
    case 'dots':
      return dotOptions(panel, colorOf);
    case 'field':
      return fieldOptions(panel);
  }
}

function lineOptions(panel: LinePanel, colorOf: (name: string) => string): Plot.PlotOptions {
  const { xScale = 'linear', yScale = 'linear' } = panel;
  const isCategory = xScale === 'category';
  return {
    height: 240,
    marginLeft: 46,
    marginBottom: 42,
    x: {
      ...BELOW,
      type: isCategory ? 'point' : xScale,
      label: panel.xLabel,
      tickFormat: isCategory ? String : '~r',
      ...(isCategory ? { domain: categories(panel) } : {}),
    },
    y: { type: yScale, label: panel.yLabel, grid: true, zero: yScale === 'linear', tickFormat: '~r' },
    marks: [
      ...(panel.rules === undefined ? [] : [Plot.ruleY(panel.rules, { strokeDasharray: '4 3' })]),
      ...panel.series.map(({ name, points, dashed }) =>
        Plot.line(points, {
          stroke: colorOf(name),
          strokeWidth: 2,
          marker: 'dot',
          ...(dashed ? { strokeDasharray: '6 5' } : {}),
        }),
      ),
    ],
  };
}

/** In the order in which they come. */
function categories({ series }: LinePanel): (number | string)[] {
  return [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))];
}

function dotOptions(panel: DotPanel, colorOf: (name: string) => string): Plot.PlotOptions {
  return {
    height: 62 + DOT_ROW_HEIGHT * panel.names.length,
    marginLeft: 230,
    marginBottom: 42,
    x: { ...BELOW, label: panel.xLabel, grid: true, tickFormat: '~r' },
    y: { type: 'point', domain: panel.names, label: null },
    marks: [
      Plot.ruleY(panel.names, { strokeOpacity: 0.15 }),
      ...(panel.rules === undefined ? [] : [Plot.ruleX(panel.rules, { strokeDasharray: '4 3' })]),
      ...panel.series.map(({ name, values }) =>
        Plot.dotX(
          panel.names.map((row, at) => ({ row, value: values[at] })),
          { x: 'value', y: 'row', fill: colorOf(name), r: 5, fillOpacity: 0.85 },
        ),
      ),
    ],
  };
}

function fieldOptions(panel: FieldPanel): Plot.PlotOptions {
  const { rows, xRange, yRange, bounds, pivot } = panel;
  const values = rows.flat();
  const grid = {
    width: rows[0]?.length ?? 0,
    height: rows.length,
    x1: xRange[0],
    x2: xRange[1],
    y1: yRange[0],
    y2: yRange[1],
  };
  const itself = (value: number) => value;
  const colors = bandColors(bounds, pivot);
  return {
    height: 364,
    marginLeft: 46,
    marginBottom: 42,
    x: { ...BELOW, domain: xRange, label: panel.xLabel },
    y: { domain: yRange, label: panel.yLabel },
    color: { type: 'threshold', domain: bounds, range: colors },
    marks: [
      Plot.rect([0], {
        x1: xRange[0],
        x2: xRange[1],
        y1: yRange[0],
        y2: yRange[1],
        fill: colors[0] ?? 'white',
      }),
      Plot.contour(values, { ...grid, fill: itself, thresholds: [...bounds], stroke: 'none' }),
      Plot.contour(values, { ...grid, value: itself, thresholds: [pivot], stroke: 'black', strokeWidth: 2 }),
      Plot.frame(),
    ],
  };
}

/** One colour below the first bound, one between each two, one above the last: redder below the pivot, bluer above. */
function bandColors(bounds: readonly number[], pivot: number): string[] {
  const below = bounds.indexOf(pivot) + 1;
  const above = bounds.length + 1 - below;
  const scale = Plot.scale({ color: { type: 'linear', scheme: 'RdBu', domain: [-1, 1] } });
  const shade = (strength: number) => String(scale.apply(strength));
  return [
    ...Array.from({ length: below }, (_, band) => shade((-0.85 * (below - band - 0.3)) / below)),
    ...Array.from({ length: above }, (_, band) => shade((0.85 * (band + 0.7)) / above)),
  ];
}

function seriesNames(panel: Panel): string[] {
  return panel.kind === 'field' ? [] : panel.series.map(({ name }) => name);
}

function fieldIn(panels: readonly Panel[]): FieldPanel | undefined {
  return panels.find((panel): panel is FieldPanel => panel.kind === 'field');
}

/** What is drawn, without the style sheet that each plot brings. */
function contentOf(plot: Drawing): string {
  for (const style of plot.querySelectorAll('style')) style.remove();
  return plot.innerHTML;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
