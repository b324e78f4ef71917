import { Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useHistogram } from "../live/use-histogram.ts";
import { useNewestAlerts } from "../live/use-newest-alerts.ts";
import { useThroughput } from "../live/use-throughput.ts";
import { AlertsChart } from "../parts/chart-alerts.tsx";
import { type ChartRange, chartRangeNames, chartRanges, readChartRange } from "../parts/chart-range.ts";
import { RatesChart } from "../parts/chart-rates.tsx";
import { NewestAlerts } from "../parts/newest-alerts.tsx";
import { StatTiles } from "../parts/stat-tiles.tsx";
import { FirstEvent } from "../parts/states.tsx";
import { zoneName } from "../parts/time.tsx";

/** How things are now and were in the last minutes or hours. */
export function OverviewPage() {
  const { range = "15m" } = useSearch({ from: "/" });
  const throughput = useThroughput(range);
  const histogram = useHistogram(range);
  const newest = useNewestAlerts(8);
  const events = throughput.data?.buckets.some(({ accepted, generated }) => accepted + generated > 0);
  const nothingYet = newest.data?.length === 0 && events === false;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={1}>Overview</Title>
        {nothingYet ? null : <RangeSwitch range={range} />}
      </Group>
      <StatTiles range={range} histogram={histogram.data} />
      {nothingYet ? (
        <FirstEvent />
      ) : (
        <>
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
            <RatesChart query={throughput} />
            <AlertsChart query={histogram} />
          </SimpleGrid>
          <NewestAlerts query={newest} />
        </>
      )}
    </Stack>
  );
}

function RangeSwitch({ range }: { readonly range: ChartRange }) {
  const navigate = useNavigate();
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed">
        Times in {zoneName(new Date())}
      </Text>
      <SegmentedControl
        size="xs"
        aria-label="How far back to look"
        data={chartRangeNames.map((name) => ({ value: name, label: chartRanges[name].label }))}
        value={range}
        onChange={(value) => {
          const next = readChartRange(value);
          void navigate({ to: "/", search: next === "15m" ? {} : { range: next }, replace: true });
        }}
      />
    </Group>
  );
}
