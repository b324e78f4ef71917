import type { AlertFacets, FacetField } from "@auditflow/contracts";
import { useThrottledCallback } from "@mantine/hooks";
import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { call } from "../client/call.ts";
import { alertFeed } from "./alert-feed.ts";
import { onDecision } from "./undo.ts";

/** A value of a field, and how many alerts have it. */
export type FacetValue = NonNullable<AlertFacets["facets"][string]>[number];

/** How alerts that pass a filter are spread over the values of some fields. */
export interface CountedFacets {
  readonly facets: Readonly<Partial<Record<FacetField, readonly FacetValue[]>>>;
  /** Only so many of the newest alerts were counted; null: all. */
  readonly counted: number | null;
}

/** Counts that are a little old help as much; whoever looks at many alerts a second must not count them each time. */
const askEvery = 10_000;

/** Counts the alerts that pass a sound filter, by field and value; again when alerts come and when one decides. */
export function useFacets(filter: string): UseQueryResult<CountedFacets, Error> {
  const client = useQueryClient();
  const refresh = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey: ["facets"] }, { cancelRefetch: false }),
    askEvery,
  );
  useEffect(() => {
    const stop = alertFeed.listen({ alert: refresh, gone: refresh });
    const forget = onDecision(() => void client.invalidateQueries({ queryKey: ["facets"] }));
    return () => {
      stop();
      forget();
    };
  }, [client, refresh]);
  return useQuery<CountedFacets, Error>({
    queryKey: ["facets", filter],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ values: "10", ...(filter === "" ? {} : { filter }) });
      return call<CountedFacets>(`/api/v1/alerts/facets?${query}`, { signal });
    },
    placeholderData: keepPreviousData,
    staleTime: askEvery,
  });
}
