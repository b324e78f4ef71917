import { Button, Group, Table, Text } from "@mantine/core";
import type { AlertSummary } from "../client/generated/auditflow.ts";
import { useIncidentAlerts } from "../live/use-incident.ts";
import { Section } from "./facts.tsx";
import { PageLink } from "./page-link.tsx";
import { Severity } from "./severity.tsx";
import { Failure, Loading } from "./states.tsx";
import { Status } from "./status.tsx";
import { Time } from "./time.tsx";

interface AlertsProps {
  readonly incidentId: string;
  /** How many there are in all. */
  readonly count: number;
}

/** The alerts of an incident, newest first, each leading to its detail. */
export function IncidentAlerts({ incidentId, count }: AlertsProps) {
  const query = useIncidentAlerts(incidentId);
  const { data, error, hasNextPage, isFetchingNextPage } = query;
  const alerts = data?.pages.flatMap((page) => page.alerts) ?? [];
  const inList = (
    <PageLink to="/alerts" search={{ filter: `incident:${incidentId}` }} size="sm">
      Open in the list of alerts
    </PageLink>
  );
  return (
    <Section title="Alerts" aside={inList}>
      {error === null ? null : <Failure error={error} retry={() => void query.refetch()} />}
      {data === undefined && error === null ? <Loading rows={4} /> : null}
      {alerts.length === 0 ? null : <Rows alerts={alerts} />}
      {hasNextPage ? (
        <Group gap="sm" mt="xs">
          <Text size="sm" c="dimmed">
            {alerts.length.toLocaleString("en-GB")} of {count.toLocaleString("en-GB")} loaded
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            loading={isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Load more
          </Button>
        </Group>
      ) : null}
    </Section>
  );
}

function Rows({ alerts }: { readonly alerts: readonly AlertSummary[] }) {
  return (
    <Table verticalSpacing={4} className="incident-alerts" aria-label="Alerts of the incident, newest first">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" visibleFrom="sm">
            Time
          </Table.Th>
          <Table.Th scope="col">Severity</Table.Th>
          <Table.Th scope="col">Alert</Table.Th>
          <Table.Th scope="col" ta="right" visibleFrom="sm">
            Events
          </Table.Th>
          <Table.Th scope="col" visibleFrom="sm">
            Assignee
          </Table.Th>
          <Table.Th scope="col">Status</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {alerts.map(({ alert_id, timestamp, severity, alert_name, count, assignee, status }) => (
          <Table.Tr key={alert_id}>
            <Table.Td visibleFrom="sm">
              <Time at={timestamp} />
            </Table.Td>
            <Table.Td>
              <Severity of={severity} />
            </Table.Td>
            <Table.Td>
              <PageLink to="/alerts/$alertId" params={{ alertId: alert_id }} size="sm">
                {alert_name}
              </PageLink>
              <Text size="xs" c="dimmed" component="div" hiddenFrom="sm">
                <Time at={timestamp} />
              </Text>
            </Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {count.toLocaleString("en-GB")}
            </Table.Td>
            <Table.Td visibleFrom="sm">{assignee ?? "–"}</Table.Td>
            <Table.Td>
              <Status of={status} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
