import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { FieldPanel, LinePanel } from '../../../infra/plot/figure.js';
import { renderFigure } from '../../../infra/plot/render-figure.js';

const lines: LinePanel = {
  kind: 'lines',
  title: 'jitter',
  xLabel: 'coefficient of variation',
  yLabel: 'times as fast',
  rules: [1],
  series: [
    {
      name: 'si',
      points: [
        [0, 1.5],
        [0.5, 1.2],
      ],
    },
    {
      name: 'dsi',
      points: [
        [0, 2],
        [0.5, 1.7],
      ],
    },
  ],
};

const field: FieldPanel = {
  kind: 'field',
  title: 'SI over non-SI',
  xLabel: 'c / T',
  yLabel: 'acceptance',
  xRange: [0, 1],
  yRange: [0, 1],
  // Falls from left to right.
  rows: Array.from({ length: 11 }, () => Array.from({ length: 11 }, (_, i) => 1.5 - i / 10)),
  pivot: 1,
  bounds: [0.8, 1, 1.25],
};

/** Well-formed XML, or it throws. */
function parse(svg: string) {
  const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  if (documentElement === null) throw new Error('no SVG');
  const attributes = (selector: string, name: string): string[] =>
    [...documentElement.querySelectorAll(selector)].map((element) => element.getAttribute(name) ?? '');
  return {
    texts: [...documentElement.querySelectorAll('text')].map(({ textContent }) => textContent),
    attributes,
  };
}

describe('a figure', () => {
  it('is a file of its own that says what is what', () => {
    const svg = renderFigure({ title: 'a < b & c', note: 'in virtual time', columns: 1, panels: [lines] });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
    expect(svg).toContain('>a &lt; b &amp; c<');
    const { texts } = parse(svg);
    for (const text of ['a < b & c', 'in virtual time', 'jitter', 'coefficient of variation', 'si', 'dsi'])
      expect(texts).toContain(text);
  });

  it('gives a series the same colour in its legend and in every panel', () => {
    const { attributes } = parse(renderFigure({ title: 't', columns: 2, panels: [lines, lines] }));
    const [si, dsi] = attributes('svg > circle', 'fill');
    expect(new Set([si, dsi]).size).toBe(2);
    const strokes = attributes('g[aria-label="line"]', 'stroke');
    for (const color of [si, dsi]) expect(strokes.filter((stroke) => stroke === color)).toHaveLength(2);
  });

  it('draws panels side by side, as many as there are columns', () => {
    const { attributes } = parse(renderFigure({ title: 't', columns: 2, panels: [lines, field, lines] }));
    const [x, y] = ['x', 'y'].map((name) => attributes('svg > svg', name).map(Number)) as [
      number[],
      number[],
    ];
    expect(x[1]).toBeGreaterThan(x[0] as number);
    expect(x[2]).toBe(x[0]);
    expect(y[1]).toBe(y[0]);
    expect(y[2]).toBeGreaterThan(y[0] as number);
  });

  it('keeps categories in the order in which they are given', () => {
    const series = [
      {
        name: 'dsi',
        points: [
          ['slow', 1],
          ['fast', 2],
          ['both', 3],
        ] as const,
      },
    ];
    const { texts } = parse(
      renderFigure({ title: 't', columns: 1, panels: [{ ...lines, xScale: 'category', series }] }),
    );
    expect(texts.filter((text) => ['slow', 'fast', 'both'].includes(text))).toEqual(['slow', 'fast', 'both']);
  });

  it('leaves out dots that have no value', () => {
    const dots = (values: number[]) => {
      const series = [{ name: 'ours', values }];
      const panel = { kind: 'dots', title: 'rows', xLabel: 'x', names: ['a', 'b'], series } as const;
      return parse(renderFigure({ title: 't', columns: 1, panels: [panel] })).attributes(
        'circle[fill-opacity], g[fill-opacity] circle',
        'cx',
      );
    };
    expect(dots([1, 2])).toHaveLength(2);
    expect(dots([1, Number.NaN])).toHaveLength(1);
  });

  it('colours a field by its bands, with a line at the pivot', () => {
    const { attributes, texts } = parse(renderFigure({ title: 't', columns: 1, panels: [field] }));
    const legend = attributes('svg > rect[height="8"]', 'fill');
    expect(new Set(legend).size).toBe(4);
    const fills = attributes('path', 'fill');
    // The lowest band is the ground on which the others lie.
    for (const color of legend.slice(1)) expect(fills).toContain(color);
    const isRed = (color: string) => {
      const [red = 0, , blue = 0] = (color.match(/\d+/g) ?? []).map(Number);
      return red > blue;
    };
    expect(legend.map(isRed)).toEqual([true, true, false, false]);
    expect(attributes('g[stroke="black"] path, path[stroke="black"]', 'd')).toHaveLength(1);
    expect(texts).toContain('1.25');
  });
});
