import { Badge, Group, Paper, Table, Text, Title, VisuallyHidden } from "@mantine/core";
import { useThrottledValue } from "@mantine/hooks";
import type { UseQueryResult } from "@tanstack/react-query";
import type { AlertSummary } from "../client/generated/auditflow.ts";
import { PanelState } from "./chart-panel.tsx";
import { PageLink } from "./page-link.tsx";
import { Severity, severityLooks } from "./severity.tsx";
import { Time } from "./time.tsx";

/** The newest alerts as they come, each leading to its detail. */
export function NewestAlerts({ query }: { readonly query: UseQueryResult<AlertSummary[]> }) {
  const { data } = query;
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby="newest-alerts">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="newest-alerts">
          Newest alerts
        </Title>
        <PageLink to="/alerts" size="sm">
          All alerts
        </PageLink>
      </Group>
      <PanelState query={query} />
      {data === undefined ? null : <News newest={data[0]} />}
      {data === undefined ? null : data.length === 0 ? (
        <Text size="sm" c="dimmed">
          There is no alert yet. New ones appear here by themselves.
        </Text>
      ) : (
        <AlertRows alerts={data} />
      )}
    </Paper>
  );
}

/** Tells who listens of the newest alert, at most every five seconds. */
function News({ newest }: { readonly newest: AlertSummary | undefined }) {
  const text = newest === undefined ? "" : `${severityLooks[newest.severity].word}: ${newest.alert_name}`;
  return <VisuallyHidden aria-live="polite">{useThrottledValue(text, 5_000)}</VisuallyHidden>;
}

function AlertRows({ alerts }: { readonly alerts: readonly AlertSummary[] }) {
  return (
    <Table verticalSpacing={4} className="newest-alerts" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" w={98}>
            Severity
          </Table.Th>
          <Table.Th scope="col">Alert</Table.Th>
          <Table.Th scope="col" w="18%" visibleFrom="sm">
            Who
          </Table.Th>
          <Table.Th scope="col" w="16%" visibleFrom="sm">
            Host
          </Table.Th>
          <Table.Th scope="col" w={70} ta="right" visibleFrom="sm">
            Events
          </Table.Th>
          <Table.Th scope="col" w={120} ta="right" visibleFrom="sm">
            Time
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {alerts.map((alert) => (
          <AlertRow key={alert.alert_id} alert={alert} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function AlertRow({ alert }: { readonly alert: AlertSummary }) {
  const { alert_id, severity, alert_name, triggered_by, impacted_resource, count, synthetic } = alert;
  return (
    <Table.Tr>
      <Table.Td>
        <Severity of={severity} />
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <PageLink to="/alerts/$alertId" params={{ alertId: alert_id }} size="sm">
            {alert_name}
          </PageLink>
          {synthetic === true ? (
            <Badge
              size="xs"
              variant="default"
              tt="none"
              flex="none"
              title="Rests on events that the generator made"
            >
              demo
            </Badge>
          ) : null}
        </Group>
        <Text size="xs" c="dimmed" component="div" hiddenFrom="sm">
          {triggered_by.actor_id}, <Time at={alert.timestamp} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" truncate title={triggered_by.actor_id}>
          {triggered_by.actor_id}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" truncate title={impacted_resource.server_hostname}>
          {impacted_resource.server_hostname}
        </Text>
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {count}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        <Time at={alert.timestamp} />
      </Table.Td>
    </Table.Tr>
  );
}
