import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import {
  type AlertList,
  type AlertSummary,
  type GetAlertsParams,
  getAlertsStream,
} from "../client/generated/auditflow.ts";
import { alertFeed } from "./alert-feed.ts";
import { type AlertChanges, addChanges, addGone, admit, noChanges, stateNumber } from "./merge-alerts.ts";
import { useListedIds, useRestart } from "./use-alerts-pages.ts";
import { useFeedState } from "./use-feed-state.ts";

/** Milliseconds for which changes are gathered before the page is drawn again. */
const gatherFor = 250;

/** Most changed alerts kept: a page left open for days must not grow. */
const mostKept = 2_000;

/** Most answers of missed changes; who missed more fetches the list anew. */
const mostCatchUps = 5;

interface ChangesOptions {
  readonly params: GetAlertsParams;
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
  /** Fetches the list anew, for who knows that much of it has changed. */
  readonly restart: () => Promise<void>;
}

/** What the stream brought: alerts that match, and ids of those that do not. */
interface News {
  readonly alerts: readonly AlertSummary[];
  readonly gone: readonly string[];
}

interface State {
  readonly changes: AlertChanges;
  readonly overflown: boolean;
}

type Action =
  | ({ readonly do: "add"; readonly enter: boolean; readonly listed: ReadonlySet<string> } & News)
  | { readonly do: "admit"; readonly ids: readonly string[] }
  | { readonly do: "overflow" }
  | { readonly do: "restart" };

const noIds: ReadonlySet<string> = new Set();

const fresh: State = { changes: noChanges, overflown: false };

/** What the live stream brought since the first page of a list was made; new alerts enter at once where they may. */
export function useAlertsChanges({ params, paused, mayEnter, first }: ChangesOptions): LiveChanges {
  const [{ changes, overflown }, dispatch] = useListState(params);
  const fetchAnew = useRestart(params);
  // Where the service does not answer the list stays overflown, and the next click tries again.
  const restart = useCallback(async () => {
    if (await fetchAnew()) dispatch({ do: "restart" });
  }, [fetchAnew, dispatch]);

  const listedIds = useListedIds(params);
  const receive = useCallback(
    ({ alerts, gone }: News) => {
      const listed = gone.length === 0 ? noIds : listedIds();
      dispatch({ do: "add", alerts, gone, listed, enter: mayEnter() });
    },
    [listedIds, mayEnter, dispatch],
  );
  const held = useGathered(receive, paused, params.filter ?? "");
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
  return { changes, held, overflown, admitIds, restart };
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
  const { alerts, listed } = action;
  // The stream names all that do not match, also those that never did.
  const gone = action.gone.filter((id) => listed.has(id) || state.changes.byId.has(id));
  if (alerts.length === 0 && gone.length === 0) return state;
  const changes = addGone(addChanges(state.changes, alerts), gone);
  if (changes.byId.size > mostKept) return { ...state, overflown: true };
  return {
    ...state,
    changes: action.enter ? admit(changes, [...changes.byId.keys()]) : changes,
  };
}

/** Hands on what the stream brings, gathered; holds it while paused. Returns how many alerts are held. */
function useGathered(receive: (news: News) => void, paused: boolean, filter: string): number {
  const gathered = useRef(new Map<string, AlertSummary | undefined>());
  const [held, setHeld] = useState(0);
  useEffect(() => {
    gathered.current.clear();
    alertFeed.narrow(filter);
    return () => alertFeed.narrow("");
  }, [filter]);
  useEffect(() => {
    const hand = (): void => {
      setHeld(paused ? gathered.current.size : 0);
      if (paused || gathered.current.size === 0) return;
      const all = [...gathered.current];
      gathered.current.clear();
      const gone = all.filter(([, alert]) => alert === undefined).map(([id]) => id);
      receive({ alerts: all.flatMap(([, alert]) => alert ?? []), gone });
    };
    hand();
    const timer = setInterval(hand, gatherFor);
    const stop = alertFeed.listen({
      alert: (alert) => keepNewest(gathered.current, alert),
      gone: (id) => {
        if (gathered.current.has(id) || gathered.current.size <= mostKept)
          gathered.current.set(id, undefined);
      },
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [receive, paused]);
  return held;
}

/** One more than the list keeps is enough to make it start over when the pause ends. */
function keepNewest(gathered: Map<string, AlertSummary | undefined>, alert: AlertSummary): void {
  const { alert_id: id } = alert;
  const known = gathered.get(id);
  if (known !== undefined && stateNumber(known) >= stateNumber(alert)) return;
  if (gathered.has(id) || gathered.size <= mostKept) gathered.set(id, alert);
}

interface CatchUp {
  readonly params: GetAlertsParams;
  readonly first: AlertList | undefined;
  readonly receive: (news: News) => void;
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
  { filter }: GetAlertsParams,
  from: string,
  signal: AbortSignal,
): Promise<News | undefined> {
  const missed = { alerts: [] as AlertSummary[], gone: [] as string[] };
  let after = from;
  for (let round = 0; round < mostCatchUps; round += 1) {
    const query = { after, ...(filter === undefined ? {} : { filter }) };
    const { alerts, gone, position } = await getAlertsStream(query, { signal });
    missed.alerts.push(...alerts);
    missed.gone.push(...gone);
    if ((alerts.length === 0 && gone.length === 0) || position === after) return missed;
    after = position;
  }
  return undefined;
}
