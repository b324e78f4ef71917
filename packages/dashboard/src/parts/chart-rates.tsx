import { Table, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Throughput } from "../client/generated/auditflow.ts";
import { Chart } from "./chart.tsx";
import { type RatePoint, ratePoints } from "./chart-buckets.ts";
import type { ChartSeries } from "./chart-drawing.ts";
import { formatBucket, formatRate } from "./chart-format.ts";
import { ChartPanel } from "./chart-panel.tsx";

/** The dashes are drawn last: where both lines are one, both can be seen. */
const series: readonly ChartSeries[] = [
  { label: "Evaluated", color: "--chart-evaluated", kind: "line" },
  { label: "Taken in", color: "--chart-taken", kind: "line", dash: [4, 6] },
];

/** How many events per second came in and were evaluated, over time. */
export function RatesChart({ query }: { readonly query: UseQueryResult<Throughput> }) {
  const { data } = query;
  const points = useMemo(() => (data === undefined ? [] : ratePoints(data)), [data]);
  const width = data?.bucket_seconds ?? 1;
  return (
    <ChartPanel
      title="Events per second"
      query={query}
      table={() => <RatesTable points={points} width={width} />}
    >
      {() => <Rates points={points} width={width} />}
    </ChartPanel>
  );
}

interface RatesProps {
  readonly points: readonly RatePoint[];
  readonly width: number;
}

function Rates({ points, width }: RatesProps) {
  const [place, setPlace] = useState<number | null>(null);
  const starts = useMemo(() => points.map(({ start }) => start), [points]);
  const values = useMemo(
    () => [points.map(({ evaluated }) => evaluated), points.map(({ taken }) => taken)],
    [points],
  );
  const shown = place === null ? points.findLast(({ taken }) => taken !== null) : points[place];
  return (
    <>
      <ul className="chart-legend">
        {series.map(({ label, color, dash }, index) => (
          <li key={label}>
            <svg width="26" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="26"
                y1="4"
                y2="4"
                strokeWidth="2"
                stroke={`var(${color})`}
                strokeDasharray={dash?.join()}
              />
            </svg>
            {label}
            <span className="chart-value">{rateText(index === 0 ? shown?.evaluated : shown?.taken)}</span>
          </li>
        ))}
        <li className="chart-when">
          <Text size="sm" c="dimmed">
            {shown === undefined ? "no report in this time" : formatBucket(shown.start, width)}
          </Text>
        </li>
      </ul>
      <Chart label={sentence(points)} series={series} {...{ starts, width, values }} onHover={setPlace} />
    </>
  );
}

function rateText(rate: number | null | undefined): string {
  return typeof rate === "number" ? formatRate(rate) : "–";
}

function sentence(points: readonly RatePoint[]): string {
  const rates = points.flatMap(({ evaluated }) => (evaluated === null ? [] : [evaluated]));
  if (rates.length === 0) return "Events per second: no service has reported in this time";
  const [least, most] = [Math.min(...rates), Math.max(...rates)].map(formatRate);
  return `Events evaluated per second, between ${least} and ${most}; the numbers are in its table`;
}

function RatesTable({ points, width }: RatesProps) {
  const known = points.filter(({ taken }) => taken !== null).toReversed();
  return (
    <Table stickyHeader verticalSpacing={3}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Time</Table.Th>
          <Table.Th scope="col" ta="right">
            Taken in/s
          </Table.Th>
          <Table.Th scope="col" ta="right">
            Evaluated/s
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {known.map(({ start, taken, evaluated }) => (
          <Table.Tr key={start}>
            <Table.Td>{formatBucket(start, width)}</Table.Td>
            <Table.Td ta="right">{rateText(taken)}</Table.Td>
            <Table.Td ta="right">{rateText(evaluated)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
