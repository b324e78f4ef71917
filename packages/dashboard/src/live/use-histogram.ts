import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type AlertHistogram, getAlertsHistogram } from "../client/generated/auditflow.ts";
import { type ChartRange, spanUntilNow } from "../parts/chart-range.ts";
import { useFeedRefresh } from "./use-feed-refresh.ts";

const histograms = ["alert-histogram"];

/** Alerts by severity per bucket of the range: asked again when an alert arrives, and as time goes on. */
export function useHistogram(range: ChartRange): UseQueryResult<AlertHistogram> {
  useFeedRefresh(histograms);
  return useQuery({
    queryKey: [...histograms, range],
    queryFn: ({ signal }) => getAlertsHistogram(spanUntilNow(range, Date.now()), { signal }),
    refetchInterval: ({ state }) => (state.error === null ? 10_000 : 2_000),
    placeholderData: keepPreviousData,
  });
}
