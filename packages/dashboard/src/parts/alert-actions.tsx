import { Text } from "@mantine/core";
import type { RefObject } from "react";
import { type AlertDetail, type History, useGetAlertsAlertIdHistory } from "../client/generated/auditflow.ts";
import { undoOperation } from "../live/undo.ts";
import { type SeenAlert, useOneDecision } from "../live/use-decisions.ts";
import { Failure } from "./states.tsx";
import { TriageActions, type TriageHandle } from "./triage-actions.tsx";
import { TriageHistory } from "./triage-history.tsx";

interface ActionsProps {
  readonly alert: AlertDetail;
  /** Fetches the alert anew. */
  readonly read: () => Promise<SeenAlert>;
  readonly handle: RefObject<TriageHandle | null>;
}

/** What can be done to the alert of a page. */
export function AlertActions({ alert, read, handle }: ActionsProps) {
  const { busy, act } = useOneDecision(alert, read);
  return (
    <TriageActions
      status={alert.status}
      assignee={alert.assignee}
      subject="this alert"
      busy={busy}
      act={(deed) => void act(deed)}
      handle={handle}
    />
  );
}

/** What people did to the alert; read again with each of its versions. */
export function AlertHistory({ alert }: { readonly alert: AlertDetail }) {
  const { alert_id: id, version } = alert;
  const { data, error, refetch } = useGetAlertsAlertIdHistory<History, Error>(id, {
    query: { queryKey: ["alert-history", id, version], placeholderData: (before) => before },
  });
  if (data !== undefined)
    return <TriageHistory entries={data.history} undo={(operation) => void undoOperation(operation)} />;
  if (error === null) return <Text size="sm">…</Text>;
  return <Failure error={error} retry={() => void refetch()} />;
}
