import { Group, Stack, Text, Title } from "@mantine/core";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ProblemError } from "../client/call.ts";
import { undoLast, undoOperation } from "../live/undo.ts";
import {
  type ReadIncident,
  useIncident,
  useIncidentActing,
  useIncidentHistory,
} from "../live/use-incident.ts";
import { Keys } from "../parts/alert-keys.tsx";
import { Section } from "../parts/facts.tsx";
import "../parts/incident.css";
import { IncidentAlerts } from "../parts/incident-alerts.tsx";
import { BackToIncidents, IncidentFacts, IncidentHeader } from "../parts/incident-header.tsx";
import { PageLink } from "../parts/page-link.tsx";
import { Failure, Loading } from "../parts/states.tsx";
import { TriageActions, type TriageHandle } from "../parts/triage-actions.tsx";
import { TriageHistory } from "../parts/triage-history.tsx";

const route = getRouteApi("/incidents/$incidentId");

const help = [
  { key: "a", does: "acknowledge all its alerts" },
  { key: "c", does: "close all its alerts, with a reason" },
  { key: "m", does: "assign all its alerts to somebody" },
  { key: "u", does: "undo what was done last" },
  { key: "Esc", does: "go back" },
];

/** One incident: what it is about, its alerts, what was done, and what can be done to all of it at once. */
export function IncidentPage() {
  const { incidentId } = route.useParams();
  const { data, error, refetch } = useIncident(incidentId);
  const title = data?.incident.title ?? "Incident";
  const triage = useRef<TriageHandle>(null);
  const back = useBack();
  useEffect(() => {
    document.title = `${title} - AuditFlow`;
  }, [title]);
  const shortcuts = {
    a: () => triage.current?.start("acknowledge"),
    c: () => triage.current?.start("close"),
    m: () => triage.current?.start("assign"),
    u: () => void undoLast(),
    Escape: back,
  };
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <BackToIncidents />
        <Keys help={help} shortcuts={shortcuts} />
      </Group>
      {error === null ? null : isUnknown(error) ? (
        <NoSuchIncident incidentId={incidentId} />
      ) : (
        <Failure error={error} retry={() => void refetch()} />
      )}
      {data === undefined ? (
        <Pending shown={error === null} />
      ) : isUnknown(error) ? null : (
        <Detail read={data} triage={triage} />
      )}
    </Stack>
  );
}

function useBack(): () => void {
  const router = useRouter();
  return () => {
    if (router.history.canGoBack()) router.history.back();
    else void router.navigate({ to: "/incidents" });
  };
}

interface DetailProps {
  readonly read: ReadIncident;
  readonly triage: { current: TriageHandle | null };
}

function Detail({ read, triage }: DetailProps) {
  const { incident } = read;
  const { busy, act } = useIncidentActing(read);
  const { incident_id, alert_count, status } = incident;
  const subject =
    alert_count === 1
      ? "the alert of this incident"
      : `all ${alert_count.toLocaleString("en-GB")} alerts of this incident`;
  return (
    <>
      <IncidentHeader incident={incident} />
      <TriageActions {...{ status, subject, busy, act }} handle={triage} />
      <Section title="What it is about">
        <IncidentFacts incident={incident} />
      </Section>
      <IncidentAlerts incidentId={incident_id} count={alert_count} />
      <History incident={incident} />
    </>
  );
}

function History({ incident }: Pick<ReadIncident, "incident">) {
  const { data, error, refetch } = useIncidentHistory(incident);
  if (data === undefined) {
    return error === null ? <Loading rows={2} /> : <Failure error={error} retry={() => void refetch()} />;
  }
  return <TriageHistory entries={data} undo={(operationId) => void undoOperation(operationId)} />;
}

/** An id that the service knows not, or that cannot be one. */
function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && [400, 404, 422].includes(error.status);
}

function Pending({ shown }: { readonly shown: boolean }) {
  return shown ? (
    <>
      <Title order={1}>Incident</Title>
      <Loading rows={8} />
    </>
  ) : null;
}

function NoSuchIncident({ incidentId }: { readonly incidentId: string }) {
  return (
    <Stack align="center" gap="xs" py="xl">
      <Title order={1}>There is no such incident</Title>
      <Text c="dimmed" ta="center" className="breaks">
        No incident has the id {incidentId}, or its alerts are not kept any more.
      </Text>
      <PageLink to="/incidents">Go to the incidents</PageLink>
    </Stack>
  );
}
