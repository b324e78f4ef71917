import { Table, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { AlertHistogram } from "../client/generated/auditflow.ts";
import { Chart } from "./chart.tsx";
import { type CountPoint, countPoints, stackTops, sumOf } from "./chart-buckets.ts";
import type { ChartSeries } from "./chart-drawing.ts";
import { formatBucket, formatCount } from "./chart-format.ts";
import { ChartPanel } from "./chart-panel.tsx";
import type { AlertsSearch } from "./filter-search.ts";
import { PageLink } from "./page-link.tsx";
import { Severity, severities, severityLooks } from "./severity.tsx";

/** The highest layer first: the lower ones are drawn over it. */
const series: readonly ChartSeries[] = severities
  .map((severity): ChartSeries => {
    const { word, color } = severityLooks[severity];
    return { label: word, color, kind: "bars" };
  })
  .toReversed();

/** How many alerts began, by severity, over time; a bar leads to its alerts. */
export function AlertsChart({ query }: { readonly query: UseQueryResult<AlertHistogram> }) {
  const { data } = query;
  const points = useMemo(() => (data === undefined ? [] : countPoints(data)), [data]);
  const width = data?.bucket_seconds ?? 1;
  return (
    <ChartPanel
      title="Alerts by severity"
      query={query}
      table={() => <CountsTable points={points} width={width} />}
    >
      {() => <Counts points={points} width={width} />}
    </ChartPanel>
  );
}

interface CountsProps {
  readonly points: readonly CountPoint[];
  readonly width: number;
}

/** The alerts of one bucket, as the address of the list says it. */
/** Closed alerts are counted too, so the list must not leave them out. */
function searchOf({ start }: CountPoint, width: number): AlertsSearch {
  const time = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  return { filter: "", from: time(start), to: time(start + width) };
}

function Counts({ points, width }: CountsProps) {
  const [place, setPlace] = useState<number | null>(null);
  const navigate = useNavigate();
  const starts = useMemo(() => points.map(({ start }) => start), [points]);
  const values = useMemo(() => stackTops(points).toReversed(), [points]);
  const shown = place === null ? undefined : points[place];
  const pick = (at: number): void => {
    const point = points[at];
    if (point === undefined || point.total === 0) return;
    void navigate({ to: "/alerts", search: searchOf(point, width) });
  };
  return (
    <>
      <ul className="chart-legend">
        {severities.map((severity) => (
          <li key={severity}>
            <Severity of={severity} />
            <span className="chart-value">
              {formatCount(shown === undefined ? sumOf(points, [severity]) : shown.counts[severity])}
            </span>
          </li>
        ))}
        <li className="chart-when">
          <Text size="sm" c="dimmed">
            {shown === undefined ? "in all" : formatBucket(shown.start, width)}
          </Text>
        </li>
      </ul>
      <Chart
        label={`Alerts by severity over time, ${formatCount(sumOf(points))} in all; the numbers are in its table`}
        {...{ series, starts, width, values }}
        onHover={setPlace}
        onPick={pick}
      />
    </>
  );
}

function CountsTable({ points, width }: CountsProps) {
  const some = points.filter(({ total }) => total > 0).toReversed();
  if (some.length === 0) return <Text size="sm">No alert began in this time.</Text>;
  return (
    <Table stickyHeader verticalSpacing={3}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Time, with its alerts</Table.Th>
          {severities.map((severity) => (
            <Table.Th scope="col" ta="right" key={severity}>
              {severityLooks[severity].word}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {some.map((point) => (
          <Table.Tr key={point.start}>
            <Table.Td>
              <PageLink to="/alerts" search={searchOf(point, width)} size="sm" underline="always">
                {formatBucket(point.start, width)}
              </PageLink>
            </Table.Td>
            {severities.map((severity) => (
              <Table.Td ta="right" key={severity}>
                {formatCount(point.counts[severity])}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
