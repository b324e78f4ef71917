import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useHealth } from "../live/use-health.ts";
import { LogLevelPanel } from "../parts/log-level-panel.tsx";
import { ServiceMap } from "../parts/service-map.tsx";
import { dependenciesOf } from "../parts/service-map-model.ts";
import { DependencyTable } from "../parts/service-map-table.tsx";
import { Failure, Loading } from "../parts/states.tsx";

/** Which services run, what they stand on, and what does not work because of what. */
export function ServicesPage() {
  const { data: health, error, refetch } = useHealth();
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="baseline">
        <Title order={1}>Services</Title>
        {health === undefined ? null : (
          <Text size="sm" c="dimmed">
            Version {health.version}, asked every 2 seconds
          </Text>
        )}
      </Group>
      {health === undefined && error === null ? <Loading rows={1} height={280} /> : null}
      {health === undefined && error !== null ? <Failure error={error} retry={() => void refetch()} /> : null}
      {health === undefined ? null : (
        <>
          <Paper component="section" withBorder p="md" aria-labelledby="way">
            <Title order={2} id="way" mb="sm">
              The way of an event
            </Title>
            <ServiceMap health={health} />
          </Paper>
          <Paper component="section" withBorder p="sm" aria-labelledby="dependencies">
            <Title order={2} id="dependencies" mb={4}>
              Dependencies
            </Title>
            <DependencyTable dependencies={dependenciesOf(health)} />
          </Paper>
        </>
      )}
      <LogLevelPanel />
    </Stack>
  );
}
