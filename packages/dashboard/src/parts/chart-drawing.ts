import uPlot from "uplot";
import { formatTick, formatTimeTicks } from "./chart-format.ts";

/** One line or one layer of bars. */
export interface ChartSeries {
  readonly label: string;
  /** Name of the CSS variable of its colour. */
  readonly color: string;
  readonly kind: "line" | "bars";
  /** Lengths of dash and gap, so that two lines differ in more than their colour. */
  readonly dash?: number[];
}

/** What a chart shows, and whom it tells of the pointer. */
export interface ChartProps {
  /** What it shows in a sentence, for who does not see it. */
  readonly label: string;
  /** Must be a constant: another one makes the chart anew. The first is drawn first. */
  readonly series: readonly ChartSeries[];
  /** Start of each bucket, epoch seconds, and the length of one. */
  readonly starts: readonly number[];
  readonly width: number;
  /** One list of values per series, one value per bucket; null is a gap. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Told of the bucket under the pointer, null when there is none. */
  readonly onHover: (place: number | null) => void;
  /** Told of the bucket that was clicked. */
  readonly onPick?: (place: number) => void;
}

/**
 * How a chart is drawn. Everything that can change is read when it is drawn: the colours from the page, so that a
 * change of scheme needs nothing but a redraw, and span and listeners from `latest`.
 */
export function drawing(
  series: readonly ChartSeries[],
  latest: () => ChartProps,
): Omit<uPlot.Options, "width" | "height"> {
  const text = () => colorOf("--chart-text");
  const grid = { stroke: () => colorOf("--chart-grid"), width: 1 };
  const axis = { stroke: text, grid, ticks: { ...grid, size: 4 }, font: "12px 'Inter Variable', sans-serif" };
  return {
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: {
      y: false,
      points: { show: series.some(({ kind }) => kind === "line") },
      drag: { x: false, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: () => spanOf(latest()) },
      y: { range: (_, __, max) => heightFor(max) },
    },
    axes: [
      { ...axis, size: 28, gap: 4, space: 64, values: (_, ticks) => formatTimeTicks(ticks) },
      {
        ...axis,
        size: 44,
        gap: 4,
        space: 32,
        incrs: stepsFor(series),
        values: (_, ticks) => ticks.map(formatTick),
      },
    ],
    series: [{}, ...series.map(seriesDrawing)],
    hooks: { setCursor: [({ cursor }) => latest().onHover(cursor.idx ?? null)] },
  };
}

const wholeSteps = [1, 10, 100, 1_000, 10_000, 100_000].flatMap((n) => [n, 2 * n, 5 * n]);

/** Bars are counts, and there is no half of a thing counted; rates may be small. */
function stepsFor(series: readonly ChartSeries[]): number[] {
  return series.some(({ kind }) => kind === "line") ? [0.1, 0.2, 0.5, ...wholeSteps] : wholeSteps;
}

function spanOf({ starts, width }: ChartProps): [number, number] {
  const first = starts[0] ?? 0;
  return [first, (starts.at(-1) ?? first) + width];
}

/** From 0, and with room above; a chart of nothing is flat, not magnified. */
function heightFor(max: number | null): [number, number] {
  return [0, Math.max(1, (max ?? 0) * 1.1)];
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function seriesDrawing({ label, color, kind, dash }: ChartSeries): uPlot.Series {
  const stroke = () => colorOf(color);
  if (kind === "line")
    return { label, stroke, width: 2, spanGaps: false, ...(dash === undefined ? {} : { dash }) };
  return {
    label,
    fill: stroke,
    // The layers of a bar stay apart also for who cannot tell their colours.
    stroke: () => colorOf("--mantine-color-body"),
    width: 1,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [0.85, 32] }),
  };
}
