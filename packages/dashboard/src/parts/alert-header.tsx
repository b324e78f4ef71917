import { Anchor, Badge, Group, Alert as Note, Stack, Text, Title } from "@mantine/core";
import { Link, useRouter, useRouterState } from "@tanstack/react-router";
import { ArrowLeft, GitMerge } from "lucide-react";
import type { MouseEvent } from "react";
import type { AlertDetail } from "../client/generated/auditflow.ts";
import { ruleFilter } from "./filter-search.ts";
import { PageLink } from "./page-link.tsx";
import { Severity } from "./severity.tsx";
import { reasonWords, Status } from "./status.tsx";
import { Time } from "./time.tsx";

/** Leads back to the list: to the very place in it where the reader came from, else to its top. */
export function BackToAlerts() {
  const router = useRouter();
  const cameFromList = useRouterState({ select: ({ location }) => location.state.fromAlerts === true });
  const back = (event: MouseEvent): void => {
    if (!cameFromList || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.history.back();
  };
  return (
    <Anchor
      size="sm"
      className="back"
      renderRoot={(props) => <Link to="/alerts" {...props} onClick={back} />}
    >
      <ArrowLeft size={14} aria-hidden /> Alerts
    </Anchor>
  );
}

/** What the alert is, at a glance. */
export function AlertHeader({ alert }: { readonly alert: AlertDetail }) {
  return (
    <Stack gap={6}>
      <Group gap="sm" align="center">
        <Title order={1} className="breaks">
          {alert.alert_name}
        </Title>
        {alert.raw_event_data?.synthetic === true ? (
          <Badge variant="outline" className="alert-demo" title="Rests on a synthetic event">
            demo
          </Badge>
        ) : null}
      </Group>
      <Group gap="md" className="alert-glance">
        <Severity of={alert.severity} />
        <Triage alert={alert} />
        <Text span size="sm">
          <Time at={alert.timestamp} />
        </Text>
        <Text span size="sm">
          {alert.count === 1 ? "1 event" : `${alert.count.toLocaleString("en-GB")} events`}
        </Text>
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/alerts" search={{ filter: ruleFilter(alert.analysis_rule.rule_id) }} {...props} />
          )}
        >
          All alerts of this rule
        </Anchor>
        {alert.incident_id === null ? null : (
          <PageLink to="/incidents/$incidentId" params={{ incidentId: alert.incident_id }} size="sm">
            Its incident
          </PageLink>
        )}
      </Group>
      <Text className="breaks">{alert.description}</Text>
      {alert.merged_into === undefined ? null : <MergedNote into={alert.merged_into} />}
    </Stack>
  );
}

/** How far people are with it, who takes care of it, and why it was closed. */
function Triage({ alert: { status, assignee, close_reason } }: { readonly alert: AlertDetail }) {
  return (
    <Text span size="sm">
      <Status of={status} />
      {close_reason === null ? null : `, ${reasonWords(close_reason).toLowerCase()}`}
      {assignee === null ? null : `, assigned to ${assignee}`}
    </Text>
  );
}

function MergedNote({ into }: { readonly into: string }) {
  return (
    <Note color="cyan" icon={<GitMerge />} title="This alert turned out to be part of another">
      An event that came later tied the two together. The count and the evidence go on there:{" "}
      <Anchor
        size="sm"
        underline="always"
        renderRoot={(props) => <Link to="/alerts/$alertId" params={{ alertId: into }} {...props} />}
      >
        go to that alert
      </Anchor>
    </Note>
  );
}
