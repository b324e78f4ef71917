import { filterValue } from "@auditflow/contracts";
import { Group, Stack, Text, Title } from "@mantine/core";
import { useRouter, useRouterState } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { MouseEvent } from "react";
import type { Incident } from "../client/generated/auditflow.ts";
import { Facts } from "./facts.tsx";
import { PageLink } from "./page-link.tsx";
import { Severity } from "./severity.tsx";
import { Status } from "./status.tsx";
import { Time } from "./time.tsx";

/** Leads back to the list of incidents: as it was, for whoever came from there. */
export function BackToIncidents() {
  const router = useRouter();
  const cameFromList = useRouterState({ select: ({ location }) => location.state.fromIncidents === true });
  const back = (event: MouseEvent): void => {
    if (!cameFromList || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.back();
  };
  return (
    <PageLink to="/incidents" size="sm" className="back" onClick={back}>
      <ArrowLeft size={14} aria-hidden /> Incidents
    </PageLink>
  );
}

/** What the incident is, at a glance. */
export function IncidentHeader({ incident }: { readonly incident: Incident }) {
  const { title, severity, status, alert_count, first_seen, last_seen } = incident;
  return (
    <Stack gap={6}>
      <Title order={1} className="breaks">
        {title}
      </Title>
      <Group gap="md" className="incident-glance">
        <Severity of={severity} />
        <Status of={status} />
        <Text span size="sm">
          {alert_count === 1 ? "1 alert" : `${alert_count.toLocaleString("en-GB")} alerts`}
        </Text>
        <Text span size="sm">
          {first_seen === last_seen ? null : (
            <>
              <Time at={first_seen} /> to{" "}
            </>
          )}
          <Time at={last_seen} />
        </Text>
      </Group>
    </Stack>
  );
}

/** Who, what and where, by which rule, and whether it still grows. */
export function IncidentFacts({ incident }: { readonly incident: Incident }) {
  const { takes_alerts, opened_by } = incident;
  const { triggered_by: by, impacted_resource: on } = opened_by;
  const address = by.client_ip === undefined || by.client_ip === by.actor_id ? "" : ` from ${by.client_ip}`;
  return (
    <Facts
      facts={[
        ["Who", `${by.actor_id}${address} (${by.actor_type})`],
        ["What", `${on.resource_id} (${on.resource_type})`],
        ["Where", on.server_hostname],
        ["Rule", <Rule key="rule" incident={incident} />],
        ["Opened", <Opened key="opened" incident={incident} />],
        ["New alerts", takes_alerts ? "join it as they come" : "open a new incident: this one is settled"],
      ]}
    />
  );
}

function Rule({ incident: { rule_id, rule_name } }: { readonly incident: Incident }) {
  return (
    <>
      {rule_name},{" "}
      <PageLink to="/alerts" search={{ filter: `rule:${filterValue(rule_id)}` }} size="sm" underline="always">
        all its alerts
      </PageLink>
    </>
  );
}

function Opened({ incident: { opened_at, opened_by } }: { readonly incident: Incident }) {
  return (
    <>
      <Time at={opened_at} />, by the alert{" "}
      <PageLink to="/alerts/$alertId" params={{ alertId: opened_by.alert_id }} size="sm" underline="always">
        {opened_by.alert_name}
      </PageLink>
    </>
  );
}
