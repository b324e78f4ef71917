import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type AlertSummary, getAlerts } from "../client/generated/auditflow.ts";
import { useFeedRefresh } from "./use-feed-refresh.ts";

const newestAlerts = ["newest-alerts"];

/** The newest alerts of all, newest first: asked again when an alert arrives. */
export function useNewestAlerts(limit: number): UseQueryResult<AlertSummary[]> {
  useFeedRefresh(newestAlerts);
  return useQuery({
    queryKey: [...newestAlerts, limit],
    queryFn: async ({ signal }) => (await getAlerts({ limit }, { signal })).alerts,
    refetchInterval: ({ state }) => (state.error === null ? 15_000 : 2_000),
  });
}
