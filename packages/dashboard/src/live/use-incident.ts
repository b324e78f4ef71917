import type { ActionRequest, HistoryEntry } from "@auditflow/contracts";
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { callWhole, ProblemError } from "../client/call.ts";
import { decide } from "../client/decide.ts";
import {
  getAlerts,
  getAlertsAlertIdHistory,
  getGetIncidentsIncidentIdUrl,
  getIncidentsIncidentIdHistory,
  getPostIncidentsIncidentIdActionsUrl,
  type Incident,
} from "../client/generated/auditflow.ts";
import { problemWords } from "../client/problem-words.ts";
import { withOutcomes } from "./incident-history.ts";
import { offerUndo, onDecision, tell } from "./undo.ts";
import { useFeedRefresh } from "./use-feed-refresh.ts";

const incidentKey = ["incident"];
const pageSize = 100;

/** An incident with the ETag under which it was read. */
export interface ReadIncident {
  readonly incident: Incident;
  readonly tag: string | undefined;
}

/** One incident, asked again whenever an alert arrives or something was decided on this page. */
export function useIncident(incidentId: string): UseQueryResult<ReadIncident> {
  useFeedRefresh(incidentKey);
  const client = useQueryClient();
  useEffect(() => onDecision(() => void client.invalidateQueries({ queryKey: incidentKey })), [client]);
  return useQuery({
    queryKey: [...incidentKey, incidentId],
    queryFn: async ({ signal }) => {
      const { body, headers } = await callWhole<Incident>(getGetIncidentsIncidentIdUrl(incidentId), {
        signal,
      });
      return { incident: body, tag: headers.get("etag") ?? undefined };
    },
    refetchInterval: 15_000,
  });
}

/** What was done to an incident, oldest first. */
export function useIncidentHistory({
  incident_id,
  opened_by,
}: Incident): UseQueryResult<readonly HistoryEntry[]> {
  return useQuery({
    queryKey: [...incidentKey, incident_id, "history"],
    queryFn: async ({ signal }) => {
      const { history } = await getIncidentsIncidentIdHistory(incident_id, { signal });
      if (!history.some(({ action }) => action === "assign" || action === "close")) return history;
      return withOutcomes(history, await historyOfAlert(opened_by.alert_id, signal));
    },
  });
}

/** Without lines when the alert is not kept any more. */
async function historyOfAlert(alertId: string, signal: AbortSignal): Promise<readonly HistoryEntry[]> {
  try {
    return (await getAlertsAlertIdHistory(alertId, { signal })).history;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return [];
    throw error;
  }
}

type AlertPages = InfiniteData<Awaited<ReturnType<typeof getAlerts>>>;

/** The alerts of an incident, newest first. */
export function useIncidentAlerts(incidentId: string): UseInfiniteQueryResult<AlertPages> {
  return useInfiniteQuery({
    queryKey: [...incidentKey, incidentId, "alerts"],
    queryFn: ({ pageParam, signal }) =>
      getAlerts(
        {
          filter: `incident:${incidentId}`,
          limit: pageSize,
          ...(pageParam === "" ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
}

/** A way to act on all alerts of an incident, and whether that is under way. */
export interface IncidentActing {
  readonly busy: boolean;
  readonly act: (deed: ActionRequest) => void;
}

/**
 * Acts on all alerts of the incident as it was read: when it is another by now, nothing is done and a notice says so.
 * Nothing is shown as done before the service has done it.
 */
export function useIncidentActing({ incident, tag }: ReadIncident): IncidentActing {
  const [busy, setBusy] = useState(false);
  const client = useQueryClient();
  const act = async (deed: ActionRequest): Promise<void> => {
    setBusy(true);
    try {
      const url = getPostIncidentsIncidentIdActionsUrl(incident.incident_id);
      const { operationId } = await decide(url, deed, tag === undefined ? {} : { ifMatch: tag });
      const words = doneWords(deed);
      if (operationId === undefined) tell(words, "done");
      else offerUndo({ operationId, words });
    } catch (error) {
      tell(`Not done. ${problemWords(error)}`, "failed");
    } finally {
      await client.invalidateQueries({ queryKey: incidentKey });
      setBusy(false);
    }
  };
  return { busy, act: (deed) => void act(deed) };
}

const done = {
  acknowledge: "Acknowledged this incident",
  resolve: "Resolved this incident",
  close: "Closed this incident",
  reopen: "Reopened this incident",
  note: "Noted on this incident",
} as const;

function doneWords({ action, assignee }: ActionRequest): string {
  if (action !== "assign") return done[action];
  return assignee == null ? "Took this incident off whoever had it" : `Assigned this incident to ${assignee}`;
}
