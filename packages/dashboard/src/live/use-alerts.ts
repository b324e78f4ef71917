import { useCallback, useMemo } from "react";
import { type AlertsSearch, listParams, passes } from "../parts/filter-search.ts";
import { type MergedAlerts, mergeAlerts } from "./merge-alerts.ts";
import { useAlertsChanges } from "./use-alerts-changes.ts";
import { type AlertPages, useAlertsPages } from "./use-alerts-pages.ts";

/** What the list of alerts knows and can be asked to do. */
export interface LiveAlerts extends MergedAlerts {
  readonly query: AlertPages;
  /** How many alerts came or changed since the list was fetched. */
  readonly changed: number;
  /** Changes held back while paused. */
  readonly held: number;
  /** More new alerts came than are kept: letting them in fetches the list anew. */
  readonly overflown: boolean;
  /** Lets every pending alert in. */
  readonly admitPending: () => void;
}

/** What decides how alerts enter the list. */
export interface LiveOptions {
  readonly paused: boolean;
  /** Asked when new alerts come: whether they may enter at once without disturbing the reader. */
  readonly mayEnter: () => boolean;
}

/** The alerts that pass a filter, page by page, kept up to date by the live stream without gap and without doubles. */
export function useAlerts(search: AlertsSearch, options: LiveOptions): LiveAlerts {
  const params = useMemo(() => listParams(search), [search]);
  const query = useAlertsPages(params);
  const { data, hasNextPage } = query;
  const matches = useCallback((alert: Parameters<typeof passes>[1]) => passes(search, alert), [search]);
  const live = useAlertsChanges({ ...options, params, matches, first: data?.pages[0] });
  const merged = useMemo(
    () =>
      mergeAlerts(data?.pages.flatMap(({ alerts }) => alerts) ?? [], live.changes, {
        matches,
        more: hasNextPage,
      }),
    [data, live.changes, matches, hasNextPage],
  );
  const { admitIds } = live;
  const admitPending = useCallback(() => admitIds(merged.pending), [admitIds, merged.pending]);
  const changed = live.changes.byId.size;
  return { ...merged, query, changed, held: live.held, overflown: live.overflown, admitPending };
}
