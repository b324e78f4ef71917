import type { AlertSummary } from "../client/generated/auditflow.ts";

/** What the live stream has brought since the list was fetched. */
export interface AlertChanges {
  /** The newest known state of each changed alert, by its id. */
  readonly byId: ReadonlyMap<string, AlertSummary>;
  /** Ids of new alerts that the reader let into the list. */
  readonly admitted: ReadonlySet<string>;
  /** Ids of alerts that changed so that they match the list's filter no more. */
  readonly gone: ReadonlySet<string>;
}

/** What of the changes belongs into a list. */
export interface ListScope {
  /** Whether the service has more alerts below those of the pages. */
  readonly more: boolean;
}

/** The rows of a list, and what is known beyond them. */
export interface MergedAlerts {
  /** Newest first, each id once, in its newest known state. */
  readonly alerts: readonly AlertSummary[];
  /** Ids of new alerts that wait to be let in. */
  readonly pending: readonly string[];
  /** How many alerts turned out to be part of this one, by its id. */
  readonly absorbed: ReadonlyMap<string, number>;
  /** Ids of rows that left the list because they match its filter no more. */
  readonly gone: readonly string[];
}

/** Before the stream has brought anything. */
export const noChanges: AlertChanges = { byId: new Map(), admitted: new Set(), gone: new Set() };

/** The changes with those alerts, which match, added; an older state of an alert changes nothing. */
export function addChanges(changes: AlertChanges, alerts: readonly AlertSummary[]): AlertChanges {
  const byId = new Map(changes.byId);
  for (const alert of alerts) byId.set(alert.alert_id, newerOf(byId.get(alert.alert_id), alert));
  const back = new Set(alerts.map(({ alert_id }) => alert_id));
  return { ...changes, byId, gone: changes.gone.difference(back) };
}

/** The changes with those alerts known to match no more. */
export function addGone(changes: AlertChanges, ids: readonly string[]): AlertChanges {
  return ids.length === 0 ? changes : { ...changes, gone: new Set([...changes.gone, ...ids]) };
}

/** The changes with those new alerts let into the list. */
export function admit(changes: AlertChanges, ids: readonly string[]): AlertChanges {
  if (ids.length === 0) return changes;
  return { ...changes, admitted: new Set([...changes.admitted, ...ids]) };
}

/**
 * What a list shows: its pages with the changes laid over them. A row of the pages changes in place and leaves only
 * when it became part of another alert or matches no more; a new alert enters once it is admitted. Nothing enters
 * below the last row while more pages follow: it will come with its page.
 */
export function mergeAlerts(
  pages: readonly AlertSummary[],
  changes: AlertChanges,
  { more }: ListScope,
): MergedAlerts {
  const rows = new Map<string, AlertSummary>();
  for (const alert of pages) rows.set(alert.alert_id, newerOf(rows.get(alert.alert_id), alert));
  const last = more ? [...rows.values()].sort(compareAlerts).at(-1) : undefined;
  const pending: string[] = [];
  for (const [id, alert] of changes.byId) {
    const row = rows.get(id);
    if (row !== undefined) rows.set(id, newerOf(row, alert));
    else if (alert.merged_into !== undefined || changes.gone.has(id)) continue;
    else if (last !== undefined && compareAlerts(alert, last) > 0) continue;
    else if (changes.admitted.has(id)) rows.set(id, alert);
    else pending.push(id);
  }
  const all = [...rows.values()];
  const standing = all.filter(({ merged_into }) => merged_into === undefined);
  const alerts = standing.filter(({ alert_id }) => !changes.gone.has(alert_id)).sort(compareAlerts);
  const gone = standing.filter(({ alert_id }) => changes.gone.has(alert_id)).map(({ alert_id }) => alert_id);
  return { alerts, pending, absorbed: absorbedBy(all, changes), gone };
}

/** The order of every list of alerts: the newest event time first, then the greatest id. */
export function compareAlerts(a: AlertSummary, b: AlertSummary): number {
  return compare(b.timestamp, a.timestamp) || compare(b.alert_id, a.alert_id);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * How far an alert has come: its revision grows with what is detected, its version with what people decide, and no
 * state has one of them smaller than an earlier state.
 */
export function stateNumber({ revision, version }: Pick<AlertSummary, "revision" | "version">): number {
  return revision + version;
}

function newerOf(known: AlertSummary | undefined, other: AlertSummary): AlertSummary {
  return known !== undefined && stateNumber(known) >= stateNumber(other) ? known : other;
}

function absorbedBy(rows: readonly AlertSummary[], changes: AlertChanges): ReadonlyMap<string, number> {
  const states = new Map([...changes.byId, ...rows.map((row) => [row.alert_id, row] as const)]);
  const targets = new Map<string, string>();
  for (const [id, { merged_into }] of states) if (merged_into !== undefined) targets.set(id, merged_into);
  const absorbed = new Map<string, number>();
  for (const id of targets.keys()) {
    const end = endOf(id, targets);
    absorbed.set(end, (absorbed.get(end) ?? 0) + 1);
  }
  return absorbed;
}

/** Follows alerts that were merged into merged ones; as many steps as there are, so that a circle ends too. */
function endOf(id: string, targets: ReadonlyMap<string, string>): string {
  let end = id;
  for (let step = 0; step < targets.size; step += 1) end = targets.get(end) ?? end;
  return end;
}
