import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import {
  type Alert,
  getGetAlertsAlertIdQueryKey,
  useGetAlertsAlertId,
} from "../client/generated/auditflow.ts";
import { alertFeed } from "./alert-feed.ts";

/** One alert, fetched again whenever the live stream says that it has changed. */
export function useOneAlert(alertId: string): UseQueryResult<Alert, Error> {
  const client = useQueryClient();
  const query = useGetAlertsAlertId<Alert, Error>(alertId);
  const revision = query.data?.revision ?? 0;
  useEffect(
    () =>
      alertFeed.listen({
        alert: (alert) => {
          if (alert.alert_id !== alertId || alert.revision <= revision) return;
          void client.invalidateQueries({ queryKey: getGetAlertsAlertIdQueryKey(alertId) });
        },
      }),
    [alertId, client, revision],
  );
  return query;
}
