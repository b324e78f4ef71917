import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAlerts } from "../live/use-alerts.ts";
import { useFacets } from "../live/use-facets.ts";
import { useMovingRange } from "../live/use-moving-range.ts";
import { AlertGone } from "../parts/alert-gone.tsx";
import { AlertHead } from "../parts/alert-head.tsx";
import { AlertList } from "../parts/alert-list.tsx";
import { AlertListKeys } from "../parts/alert-list-keys.tsx";
import { AlertNews } from "../parts/alert-news.tsx";
import { AlertNone } from "../parts/alert-none.tsx";
import type { AlertTableHandle } from "../parts/alert-table.tsx";
import { BulkBar } from "../parts/bulk-bar.tsx";
import { FacetPanel } from "../parts/facet-panel.tsx";
import {
  type AlertsSearch,
  defaultFilter,
  filterOf,
  isDefault,
  wholeFilter,
  withFilter,
} from "../parts/filter-search.ts";
import { QueryBar } from "../parts/query-bar.tsx";
import { QueryChips } from "../parts/query-chips.tsx";
import { Empty } from "../parts/states.tsx";
import { TimeRange } from "../parts/time-range.tsx";
import { useFacetWords } from "../parts/use-facet-words.ts";
import { useListActions } from "../parts/use-list-actions.ts";
import { type QueryText, useQueryText } from "../parts/use-query-text.ts";
import { Chosen, useSelection } from "../parts/use-selection.ts";

const route = getRouteApi("/alerts");

/** Every alert, newest first, narrowed by what stands in the address, kept up to date by itself. */
export function AlertsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: AlertsSearch): void => void navigate({ search: next });
  const query = useQueryText(filterOf(search), (text) => change(withFilter(search, text)));
  const { filter } = search;
  useEffect(() => {
    document.title = "Alerts - AuditFlow";
  }, []);
  const showRange = (range: Pick<AlertsSearch, "from" | "to">): void =>
    change({ ...(filter === undefined ? {} : { filter }), ...range });
  const whole = wholeFilter(search);
  return (
    <View
      query={query}
      filter={whole ?? defaultFilter}
      none={
        whole === undefined ? (
          <Empty title="The filter has a fault: mend it first" />
        ) : (
          <AlertNone
            usual={isDefault(search)}
            everything={whole === ""}
            showAll={() => change({ filter: "" })}
          />
        )
      }
      isSound={whole !== undefined}
      range={<TimeRange range={search} change={showRange} />}
    />
  );
}

interface ViewProps {
  readonly query: QueryText;
  /** The whole filter, or another sound one while that of the address has a fault. */
  readonly filter: string;
  readonly isSound: boolean;
  readonly range: ReactNode;
  /** What stands in the place of the list where it has no rows. */
  readonly none: ReactNode;
}

function View({ query, filter, isSound, range, none }: ViewProps) {
  const [paused, setPaused] = useState(false);
  const table = useRef<AlertTableHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const mayEnter = useCallback(() => table.current?.isBeingRead() !== true, []);
  const live = useAlerts(filter, { paused, mayEnter });
  const rows = useMemo(() => live.alerts.map(({ alert_id }) => alert_id), [live.alerts]);
  const chosen = useSelection(rows, filter);
  const actions = useListActions({ chosen, filter, restart: live.restart });
  const facets = useFacets(filter);
  const words = useFacetWords(facets.data);
  const [shown, toggleFacets] = useFacetsShown();
  const pause = (): void => setPaused(!paused);
  useMovingRange(filter, () => {
    if (!paused && mayEnter() && chosen.ids.length === 0) void live.restart();
    void facets.refetch();
  });
  const bulk = { chosen, filter, loaded: rows.length, more: live.query.hasNextPage, busy: actions.busy };
  return (
    <div className="list-page">
      <AlertHead {...{ live, filter, isSound, paused, pause, toggleFacets }} facets={shown && isSound}>
        <AlertListKeys {...{ table, input, chosen, actions, pause }} />
      </AlertHead>
      <div className="alert-tools">
        <QueryBar query={query} valuesOf={words.valuesOf} input={input} />
        {range}
      </div>
      <QueryChips query={query} nameOf={words.nameOf} />
      <AlertNews changed={live.changed} pending={live.pending.length} />
      <div className="alerts-body">
        {shown && isSound ? (
          <FacetPanel
            counted={facets.data}
            old={facets.isPlaceholderData}
            filter={query.applied}
            edit={query.edit}
          />
        ) : null}
        <div className="alert-main">
          <BulkBar key={filter} {...bulk} act={(deed) => void actions.act(deed)} />
          <AlertGone gone={live.gone} />
          <Chosen value={chosen}>
            {isSound ? <AlertList key={filter} live={live} none={none} handle={table} /> : none}
          </Chosen>
        </div>
      </div>
    </div>
  );
}

/** Beside the list the counts are shown unless the reader hid them; on a phone only when he asks. */
function useFacetsShown(): readonly [boolean, () => void] {
  const narrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const [asked, setAsked] = useState(false);
  const [hidden, setHidden] = useLocalStorage({
    key: "auditflow-counts-hidden",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  return narrow ? [asked, () => setAsked(!asked)] : [!hidden, () => setHidden(!hidden)];
}
