/** What a figure shows, without a word on how it is drawn. */
export interface Figure {
  readonly title: string;
  /** A line below the title. */
  readonly note?: string;
  readonly panels: readonly Panel[];
  /** Panels side by side. */
  readonly columns: number;
}

export type Panel = LinePanel | DotPanel | FieldPanel;

interface PanelFrame {
  readonly title: string;
  readonly xLabel: string;
  /** Values worth a line across the panel. */
  readonly rules?: readonly number[];
}

/** Lines through points. */
export interface LinePanel extends PanelFrame {
  readonly kind: 'lines';
  readonly yLabel: string;
  /** `category`: x values are words, or numbers at even distances. Default `linear`. */
  readonly xScale?: 'linear' | 'log' | 'category';
  /** Default `linear`, from 0 on. */
  readonly yScale?: 'linear' | 'log';
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number | string, y: number])[];
    /** So that a line below shows. Default false. */
    readonly dashed?: boolean;
  }[];
}

/** One line of dots per name. */
export interface DotPanel extends PanelFrame {
  readonly kind: 'dots';
  readonly names: readonly string[];
  readonly series: readonly {
    readonly name: string;
    /** One per name; NaN where there is none. */
    readonly values: readonly number[];
  }[];
}

/** A function of two numbers as colours between the bounds: one hue below the pivot, another above, a line at it. */
export interface FieldPanel extends PanelFrame {
  readonly kind: 'field';
  readonly yLabel: string;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  /** `rows[j][i]`: at the i-th x and the j-th y, both ascending. */
  readonly rows: readonly (readonly number[])[];
  readonly pivot: number;
  /** Ascending, the pivot among them; equal in all panels of a figure. */
  readonly bounds: readonly number[];
}
