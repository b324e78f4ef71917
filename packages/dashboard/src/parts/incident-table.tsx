import { Table, Text } from "@mantine/core";
import type { Incident } from "../client/generated/auditflow.ts";
import { PageLink } from "./page-link.tsx";
import { Severity } from "./severity.tsx";
import { Status } from "./status.tsx";
import { Time } from "./time.tsx";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The page before was the list of incidents. */
    fromIncidents?: boolean;
  }
}

/** Incidents, those opened last first, each leading to its own page. */
export function IncidentTable({ incidents }: { readonly incidents: readonly Incident[] }) {
  return (
    <Table verticalSpacing={4} className="incident-table" aria-label="Incidents, those opened last first">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" className="severity-column">
            Severity
          </Table.Th>
          <Table.Th scope="col">Incident</Table.Th>
          <Table.Th scope="col" visibleFrom="sm" className="who-column">
            Who
          </Table.Th>
          <Table.Th scope="col" visibleFrom="md" className="where-column">
            Where
          </Table.Th>
          <Table.Th scope="col" ta="right" className="count-column">
            Alerts
          </Table.Th>
          <Table.Th scope="col" visibleFrom="lg" className="time-column">
            First seen
          </Table.Th>
          <Table.Th scope="col" visibleFrom="sm" className="time-column">
            Last seen
          </Table.Th>
          <Table.Th scope="col" visibleFrom="sm" className="status-column">
            Status
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {incidents.map((incident) => (
          <IncidentRow key={incident.incident_id} incident={incident} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function IncidentRow({ incident }: { readonly incident: Incident }) {
  const { incident_id, severity, title, alert_count, first_seen, last_seen, status, opened_by } = incident;
  const { actor_id } = opened_by.triggered_by;
  const { server_hostname } = opened_by.impacted_resource;
  return (
    <Table.Tr>
      <Table.Td>
        <Severity of={severity} />
      </Table.Td>
      <Table.Td>
        <PageLink
          to="/incidents/$incidentId"
          params={{ incidentId: incident_id }}
          state={{ fromIncidents: true }}
          size="sm"
          className="incident-link"
        >
          {title}
        </PageLink>
        <Text size="xs" c="dimmed" component="div" hiddenFrom="sm" className="breaks">
          {actor_id} on {server_hostname}, <Time at={last_seen} />
        </Text>
        <Text size="xs" component="div" hiddenFrom="sm">
          <Status of={status} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" truncate title={actor_id}>
          {actor_id}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm" truncate title={server_hostname}>
          {server_hostname}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{alert_count.toLocaleString("en-GB")}</Table.Td>
      <Table.Td visibleFrom="lg">
        <Time at={first_seen} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Time at={last_seen} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Status of={status} />
      </Table.Td>
    </Table.Tr>
  );
}
