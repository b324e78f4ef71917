import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "./chart.css";
import { type ChartProps, drawing } from "./chart-drawing.ts";

const height = 190;

/** A time series on a canvas that follows its box and the colour scheme. Beside it must stand what it shows as text. */
export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const { series, starts, width, values, label, onPick } = props;

  useEffect(() => {
    const target = box.current!;
    const made = new uPlot(
      { width: Math.max(target.clientWidth, 100), height, ...drawing(series, () => latest.current) },
      columnsOf(latest.current),
      target,
    );
    plot.current = made;
    const stop = [follow(target, made), listenToPick(made, () => latest.current.onPick)];
    return () => {
      for (const end of stop) end();
      plot.current = undefined;
      made.destroy();
    };
  }, [series]);

  useEffect(() => plot.current?.setData(columnsOf({ starts, width, values })), [starts, width, values]);

  return (
    <div
      ref={box}
      role="img"
      aria-label={label}
      className={onPick === undefined ? "chart" : "chart chart-picks"}
    />
  );
}

/** What was counted in a bucket stands in its middle. */
function columnsOf({
  starts,
  width,
  values,
}: Pick<ChartProps, "starts" | "width" | "values">): uPlot.AlignedData {
  return [starts.map((start) => start + width / 2), ...values.map((column) => [...column])];
}

/** Keeps the canvas as wide as its box and in the colours of the scheme, until the returned function is called. */
function follow(target: HTMLElement, plot: uPlot): () => void {
  const size = new ResizeObserver(() => {
    if (target.clientWidth > 0 && target.clientWidth !== plot.width)
      plot.setSize({ width: target.clientWidth, height });
  });
  size.observe(target);
  const scheme = new MutationObserver(() => plot.redraw(false));
  scheme.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  return () => {
    size.disconnect();
    scheme.disconnect();
  };
}

function listenToPick(plot: uPlot, listener: () => ChartProps["onPick"]): () => void {
  const pick = (): void => {
    if (typeof plot.cursor.idx === "number") listener()?.(plot.cursor.idx);
  };
  plot.over.addEventListener("click", pick);
  return () => plot.over.removeEventListener("click", pick);
}
