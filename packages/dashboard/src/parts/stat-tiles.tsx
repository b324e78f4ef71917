import { SimpleGrid } from "@mantine/core";
import type { AlertHistogram } from "../client/generated/auditflow.ts";
import { useHealth } from "../live/use-health.ts";
import { useEventRate } from "../live/use-throughput.ts";
import { countPoints, sumOf } from "./chart-buckets.ts";
import { formatCount, formatRate } from "./chart-format.ts";
import { type ChartRange, chartRanges } from "./chart-range.ts";
import { PageLink } from "./page-link.tsx";
import { reportedServices, worstOf } from "./service-map-model.ts";
import { statusLooks } from "./service-map-status.tsx";
import "./stat-tile.css";
import { StatTile } from "./stat-tile.tsx";

/** How things are in four numbers: events now, alerts, bad alerts, services. */
export function StatTiles({
  range,
  histogram,
}: {
  readonly range: ChartRange;
  readonly histogram: AlertHistogram | undefined;
}) {
  const points = histogram === undefined ? undefined : countPoints(histogram);
  const critical = points && sumOf(points, ["CRITICAL"]);
  const high = points && sumOf(points, ["HIGH"]);
  // Closed ones are counted too.
  const since = { filter: "", ...(histogram === undefined ? {} : { from: histogram.from }) };
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <RateTile />
      <StatTile
        label={
          <PageLink to="/alerts" search={since} inherit underline="always">
            Alerts
          </PageLink>
        }
        value={points && formatCount(sumOf(points))}
      >
        in {chartRanges[range].words}
      </StatTile>
      <StatTile
        label={
          <PageLink
            to="/alerts"
            search={{ ...since, filter: "severity:critical,high" }}
            inherit
            underline="always"
          >
            Critical and high
          </PageLink>
        }
        value={critical === undefined || high === undefined ? undefined : formatCount(critical + high)}
      >
        {critical === undefined || high === undefined
          ? null
          : `${formatCount(critical)} critical, ${formatCount(high)} high`}
      </StatTile>
      <ServicesTile />
    </SimpleGrid>
  );
}

function RateTile() {
  const { data, isError } = useEventRate();
  const known = data === undefined || data === null || isError ? undefined : data;
  return (
    <StatTile label="Events now" value={known && formatRate(known.evaluated)} unit="per second">
      {data === null ? "no service reports" : known && `evaluated; ${formatRate(known.taken)} taken in`}
    </StatTile>
  );
}

function ServicesTile() {
  const { data: health, isError } = useHealth();
  const all = health === undefined || isError ? undefined : reportedServices(health);
  const up = all?.filter(({ status }) => status === "pass").length;
  const status = worstOf(all?.map((service) => service.status) ?? []) ?? "pass";
  const { icon: Icon, color } = statusLooks[status];
  return (
    <StatTile
      label={
        <PageLink to="/services" inherit underline="always">
          Services up
        </PageLink>
      }
      value={all && `${up} of ${all.length}`}
      icon={all && <Icon size={16} aria-hidden style={{ color: `var(${color})` }} />}
    >
      {all === undefined
        ? "not known"
        : { pass: "all work", warn: "some work in part", fail: "some do not work" }[status]}
    </StatTile>
  );
}
