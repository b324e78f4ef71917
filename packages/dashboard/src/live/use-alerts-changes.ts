import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import {
  type AlertList,
  type AlertSummary,
  type GetAlertsParams,
  getAlertsStream,
} from "../client/generated/auditflow.ts";
import { alertFeed } from "./alert-feed.ts";
import { type AlertChanges, addChanges, admit, noChanges } from "./merge-alerts.ts";
import { useRestart } from "./use-alerts-pages.ts";
import { useFeedState } from "./use-feed-state.ts";

/** Milliseconds for which changes are gathered before the page is drawn again. */
const gatherFor = 250;

/** Most changed alerts kept: a page left open for days must not grow. */
const mostKept = 2_000;

/** Most answers of missed changes; who missed more fetches the list anew. */
const mostCatchUps = 5;

interface ChangesOptions {
  readonly params: GetAlertsParams;
  readonly matches: (alert: AlertSummary) => boolean;
  readonly paused: boolean;
  readonly mayEnter: () => boolean;
  /** The first page, once it is there: what changed since its position is fetched. */
  readonly first: AlertList | undefined;
}

interface LiveChanges {
  readonly changes: AlertChanges;
  readonly held: number;
  readonly overflown: boolean;
  readonly admitIds: (ids: readonly string[]) => void;
}

interface State {
  readonly changes: AlertChanges;
  readonly overflown: boolean;
}

type Action =
  | { readonly do: "add"; readonly alerts: readonly AlertSummary[]; readonly enter: boolean }
  | { readonly do: "admit"; readonly ids: readonly string[] }
  | { readonly do: "overflow" }
  | { readonly do: "restart" };

const fresh: State = { changes: noChanges, overflown: false };

/** What the live stream brought since the first page of a list was made; new alerts enter at once where they may. */
export function useAlertsChanges({ params, matches, paused, mayEnter, first }: ChangesOptions): LiveChanges {
  const [{ changes, overflown }, dispatch] = useListState(params);
  const fetchAnew = useRestart(params);
  // Where the service does not answer the list stays overflown, and the next click tries again.
  const restart = useCallback(async () => {
    if (await fetchAnew()) dispatch({ do: "restart" });
  }, [fetchAnew, dispatch]);

  const receive = useCallback(
    (alerts: readonly AlertSummary[]) => {
      const wanted = alerts.filter(matches);
      if (wanted.length > 0) dispatch({ do: "add", alerts: wanted, enter: mayEnter() });
    },
    [matches, mayEnter, dispatch],
  );
  const held = useGathered(receive, paused);
  useCatchUp({ params, first, receive, onTooMany: () => dispatch({ do: "overflow" }) });

  // Where nobody is reading a list that has outgrown its bound, it starts over by itself.
  const startOver = overflown && !paused && mayEnter();
  useEffect(() => {
    if (startOver) void restart();
  }, [startOver, restart]);

  const admitIds = useCallback(
    (ids: readonly string[]) => (overflown ? void restart() : dispatch({ do: "admit", ids })),
    [overflown, restart, dispatch],
  );
  return { changes, held, overflown, admitIds };
}

/**
 * The changes of one list. They are cached beside its pages, so that a reader who comes back from an alert finds the
 * rows that were there.
 */
function useListState(params: GetAlertsParams): readonly [State, (action: Action) => void] {
  const client = useQueryClient();
  const { data } = useQuery<State>({
    queryKey: keyOf(params),
    queryFn: skipToken,
    initialData: fresh,
    structuralSharing: false,
  });
  const act = useCallback(
    (action: Action) => {
      client.setQueryData<State>(keyOf(params), (state = fresh) => reduce(state, action));
    },
    [client, params],
  );
  return [data ?? fresh, act];
}

function keyOf(params: GetAlertsParams): readonly unknown[] {
  return ["alerts-changes", params];
}

function reduce(state: State, action: Action): State {
  if (action.do === "restart") return fresh;
  if (action.do === "overflow") return { ...state, overflown: true };
  if (action.do === "admit") return { ...state, changes: admit(state.changes, action.ids) };
  const changes = addChanges(state.changes, action.alerts);
  if (changes.byId.size > mostKept) return { ...state, overflown: true };
  return {
    ...state,
    changes: action.enter ? admit(changes, [...changes.byId.keys()]) : changes,
  };
}

/** Hands on what the stream brings, gathered; holds it while paused. Returns how many alerts are held. */
function useGathered(receive: (alerts: readonly AlertSummary[]) => void, paused: boolean): number {
  const gathered = useRef(new Map<string, AlertSummary>());
  const [held, setHeld] = useState(0);
  useEffect(() => {
    const hand = (): void => {
      setHeld(paused ? gathered.current.size : 0);
      if (paused) return;
      const alerts = [...gathered.current.values()];
      gathered.current.clear();
      if (alerts.length > 0) receive(alerts);
    };
    hand();
    const timer = setInterval(hand, gatherFor);
    const stop = alertFeed.listen({ alert: (alert) => keepNewest(gathered.current, alert) });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [receive, paused]);
  return held;
}

/** One more than the list keeps is enough to make it start over when the pause ends. */
function keepNewest(gathered: Map<string, AlertSummary>, alert: AlertSummary): void {
  const { alert_id: id, revision } = alert;
  const known = gathered.get(id);
  if (known === undefined ? gathered.size <= mostKept : known.revision < revision) gathered.set(id, alert);
}

interface CatchUp {
  readonly params: GetAlertsParams;
  readonly first: AlertList | undefined;
  readonly receive: (alerts: readonly AlertSummary[]) => void;
  readonly onTooMany: () => void;
}

/**
 * Fetches once what changed between the first page, which may come from the cache, and the stream being live: from
 * then on the stream has no gap.
 */
function useCatchUp({ params, first, receive, onTooMany }: CatchUp): void {
  const live = useFeedState() === "live";
  const latest = useRef({ receive, onTooMany });
  useEffect(() => {
    latest.current = { receive, onTooMany };
  });
  const position = first?.position;
  useEffect(() => {
    if (!live || position === undefined) return;
    const stopping = new AbortController();
    missedChanges(params, position, stopping.signal)
      .then((missed) => (missed === undefined ? latest.current.onTooMany() : latest.current.receive(missed)))
      // The service went away meanwhile: the stream is lost too, and its return brings this here again.
      .catch(() => undefined);
    return () => stopping.abort();
  }, [live, position, params]);
}

async function missedChanges(
  params: GetAlertsParams,
  from: string,
  signal: AbortSignal,
): Promise<readonly AlertSummary[] | undefined> {
  const selection = {
    ...(params.severity === undefined ? {} : { severity: params.severity }),
    ...(params.rule_id === undefined ? {} : { rule_id: params.rule_id }),
  };
  const missed: AlertSummary[] = [];
  let after = from;
  for (let round = 0; round < mostCatchUps; round += 1) {
    const { alerts, position } = await getAlertsStream({ ...selection, after }, { signal });
    missed.push(...alerts);
    if (alerts.length === 0 || position === after) return missed;
    after = position;
  }
  return undefined;
}
