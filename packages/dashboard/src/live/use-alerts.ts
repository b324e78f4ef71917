import { useCallback, useMemo } from "react";
import type { GetAlertsParams } from "../client/generated/auditflow.ts";
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
  /** More changed than is kept: letting new alerts in fetches the list anew. */
  readonly overflown: boolean;
  /** Lets every pending alert in. */
  readonly admitPending: () => void;
  /** Fetches the list anew, for who knows that much of it has changed. */
  readonly restart: () => Promise<void>;
}

/** What decides how alerts enter the list. */
export interface LiveOptions {
  readonly paused: boolean;
  /** Asked when new alerts come: whether they may enter at once without disturbing the reader. */
  readonly mayEnter: () => boolean;
}

/** The alerts that pass a sound filter, page by page, kept up to date by the live stream without gap and doubles. */
export function useAlerts(filter: string, options: LiveOptions): LiveAlerts {
  const params = useMemo((): GetAlertsParams => (filter === "" ? {} : { filter }), [filter]);
  const query = useAlertsPages(params);
  const { data, hasNextPage } = query;
  const live = useAlertsChanges({ ...options, params, first: data?.pages[0] });
  const merged = useMemo(
    () => mergeAlerts(data?.pages.flatMap(({ alerts }) => alerts) ?? [], live.changes, { more: hasNextPage }),
    [data, live.changes, hasNextPage],
  );
  const { admitIds } = live;
  const admitPending = useCallback(() => admitIds(merged.pending), [admitIds, merged.pending]);
  const { held, overflown, restart } = live;
  return { ...merged, query, changed: live.changes.byId.size, held, overflown, restart, admitPending };
}
