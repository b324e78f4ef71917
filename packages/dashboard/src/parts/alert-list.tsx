import type { ReactNode, RefObject } from "react";
import { useCallback, useMemo, useRef } from "react";
import type { LiveAlerts } from "../live/use-alerts.ts";
import type { AlertRow } from "./alert-columns.tsx";
import { NewAlertsPill } from "./alert-news.tsx";
import { AlertTable, type AlertTableHandle } from "./alert-table.tsx";
import { Failure, Loading } from "./states.tsx";

interface ListProps {
  readonly live: LiveAlerts;
  /** What stands there when no alert passes the filter. */
  readonly none: ReactNode;
  readonly handle: RefObject<AlertTableHandle | null>;
}

/** The rows of the list, or what stands there while there are none. */
export function AlertList({ live, none, handle }: ListProps) {
  const { query, alerts, pending, overflown, admitPending, absorbed } = live;
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => alerts.map((alert) => rowOf(alert, absorbed)), [alerts, absorbed]);
  const { fetchNextPage, isFetching, isFetchNextPageError } = query;
  const more = useCallback(() => {
    if (!isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [isFetching, isFetchNextPageError, fetchNextPage]);
  const show = (): void => {
    admitPending();
    handle.current?.toTop();
  };
  if (query.data === undefined) return <Unfetched live={live} />;
  const isEmpty = rows.length === 0;
  return (
    <div className="alert-frame">
      {query.error === null ? null : <Failure error={query.error} retry={() => void fetchNextPage()} />}
      <NewAlertsPill pending={pending.length} overflown={overflown} onShow={show} />
      {isEmpty ? none : <AlertTable {...{ rows, box, handle }} more={query.hasNextPage} onNearEnd={more} />}
    </div>
  );
}

function rowOf(alert: AlertRow["alert"], absorbed: ReadonlyMap<string, number>): AlertRow {
  return { alert, absorbed: absorbed.get(alert.alert_id) ?? 0 };
}

function Unfetched({ live: { query } }: Pick<ListProps, "live">) {
  return query.error === null ? (
    <Loading rows={12} height={24} />
  ) : (
    <Failure error={query.error} retry={() => void query.refetch()} />
  );
}
