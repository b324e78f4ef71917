import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { type AlertList, type GetAlertsParams, getAlerts } from "../client/generated/auditflow.ts";

const pageSize = 200;

/** The pages of a list as they were fetched, and the way to further ones. */
export type AlertPages = UseInfiniteQueryResult<InfiniteData<AlertList>>;

/**
 * The alerts that pass a filter, as the service lists them. Never stale: the live stream brings what changed since,
 * from the position that the first page names.
 */
export function useAlertsPages(params: GetAlertsParams): AlertPages {
  return useInfiniteQuery({
    queryKey: keyOf(params),
    queryFn: ({ pageParam, signal }) =>
      getAlerts(
        { ...params, limit: pageSize, ...(pageParam === "" ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/**
 * Fetches the first page anew and puts it in place of all pages, which stay until it is there. Answers whether that
 * worked.
 */
export function useRestart(params: GetAlertsParams): () => Promise<boolean> {
  const client = useQueryClient();
  return useCallback(async () => {
    try {
      const page = await getAlerts({ ...params, limit: pageSize });
      client.setQueryData(keyOf(params), { pages: [page], pageParams: [""] });
      return true;
    } catch {
      return false;
    }
  }, [client, params]);
}

/** Gives the ids of all rows that the list has or could let in. */
export function useListedIds(params: GetAlertsParams): () => ReadonlySet<string> {
  const client = useQueryClient();
  return useCallback(() => {
    const data = client.getQueryData<InfiniteData<AlertList>>(keyOf(params));
    return new Set(data?.pages.flatMap(({ alerts }) => alerts.map(({ alert_id }) => alert_id)));
  }, [client, params]);
}

function keyOf(params: GetAlertsParams): readonly unknown[] {
  return ["alerts-list", params];
}
