import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { getIncidents } from "../client/generated/auditflow.ts";
import { type IncidentsSearch, statusesOf } from "../parts/incident-search.ts";
import { afterFetch, type IncidentRows, noRows } from "./incident-rows.ts";
import { useFeedRefresh } from "./use-feed-refresh.ts";

type IncidentPages = InfiniteData<Awaited<ReturnType<typeof getIncidents>>>;

/** A list of incidents that is kept up to date. */
export interface LiveIncidents extends IncidentRows {
  readonly query: UseInfiniteQueryResult<IncidentPages>;
  /** Lets those in that wait. */
  readonly admit: () => void;
  /** Forgets how many have left. */
  readonly forget: () => void;
}

const incidentsKey = ["incidents"];
const pageSize = 50;

/**
 * The incidents that a search shows, asked again when an alert arrives. `mayEnter` says whether new ones may enter on
 * top at that moment. The search must stay the same for as long as the part that uses this stands.
 */
export function useIncidents(search: IncidentsSearch, mayEnter: () => boolean): LiveIncidents {
  useFeedRefresh(incidentsKey);
  const query = useInfiniteQuery({
    queryKey: [...incidentsKey, search],
    queryFn: ({ pageParam, signal }) => fetchPage(search, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    refetchInterval: 15_000,
  });
  const [shown, setShown] = useState<IncidentRows>(noRows);
  const { data } = query;
  const take = useCallback(
    (enter: boolean) => {
      if (data === undefined) return;
      const incidents = data.pages.flatMap((page) => page.incidents);
      const more = data.pages.at(-1)?.next != null;
      setShown((before) => afterFetch(before, { incidents, more, mayEnter: enter }));
    },
    [data],
  );
  useEffect(() => take(mayEnter()), [take, mayEnter]);
  const admit = useCallback(() => take(true), [take]);
  const forget = useCallback(() => setShown((now) => ({ ...now, left: 0 })), []);
  return { ...shown, query, admit, forget };
}

function fetchPage(search: IncidentsSearch, cursor: string, signal: AbortSignal) {
  return getIncidents(
    {
      limit: pageSize,
      status: [...statusesOf(search)],
      ...(search.filter === undefined ? {} : { filter: search.filter }),
      ...(cursor === "" ? {} : { cursor }),
    },
    { signal },
  );
}
