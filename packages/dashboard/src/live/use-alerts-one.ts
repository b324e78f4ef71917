import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import {
  type AlertDetail,
  getGetAlertsAlertIdQueryKey,
  useGetAlertsAlertId,
} from "../client/generated/auditflow.ts";
import { alertFeed } from "./alert-feed.ts";
import { stateNumber } from "./merge-alerts.ts";
import { onDecision } from "./undo.ts";

/** One alert, fetched again whenever the live stream says that it has changed. */
export function useOneAlert(alertId: string): UseQueryResult<AlertDetail, Error> {
  const client = useQueryClient();
  const query = useGetAlertsAlertId<AlertDetail, Error>(alertId);
  const known = query.data === undefined ? 0 : stateNumber(query.data);
  useEffect(() => {
    const refresh = (): void =>
      void client.invalidateQueries({ queryKey: getGetAlertsAlertIdQueryKey(alertId) });
    const stop = alertFeed.listen({
      alert: (alert) => {
        if (alert.alert_id === alertId && stateNumber(alert) > known) refresh();
      },
    });
    const forget = onDecision(refresh);
    return () => {
      stop();
      forget();
    };
  }, [alertId, client, known]);
  return query;
}
