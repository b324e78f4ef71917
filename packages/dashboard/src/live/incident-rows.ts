import type { Incident } from "../client/generated/auditflow.ts";

/** The incidents that a reader sees, and what the service says differs from it. */
export interface IncidentRows {
  readonly rows: readonly Incident[];
  /** Incidents that came since and wait, so that no row moves under the reader's eyes. */
  readonly pending: number;
  /** Incidents that were shown and do not fit the filter any more. */
  readonly left: number;
}

/** Before anything was fetched. */
export const noRows: IncidentRows = { rows: [], pending: 0, left: 0 };

/** The list as the service gives it now: all pages that were asked for, newest first. */
export interface Fetched {
  readonly incidents: readonly Incident[];
  /** Whether there are more below. */
  readonly more: boolean;
  /** Whether new incidents may enter at once. */
  readonly mayEnter: boolean;
}

/**
 * What is shown after a fetch. Rows are brought up to date where they stand; newer ones enter on top or wait; those
 * that do not fit the filter any more leave and are counted. Each incident is there once, newest first.
 */
export function afterFetch(before: IncidentRows, { incidents, more, mayEnter }: Fetched): IncidentRows {
  const unique = [...new Map(incidents.map((one) => [one.incident_id, one])).values()].sort(newerFirst);
  const [first] = before.rows;
  if (first === undefined || mayEnter) return { ...shownOf(unique, before, more), pending: 0 };
  const known = new Set(before.rows.map(({ incident_id }) => incident_id));
  const waits = (one: Incident): boolean => !known.has(one.incident_id) && newerFirst(one, first) < 0;
  const fitting = unique.filter((one) => !waits(one));
  return { ...shownOf(fitting, before, more), pending: unique.length - fitting.length };
}

function shownOf(
  fitting: readonly Incident[],
  before: IncidentRows,
  more: boolean,
): Pick<IncidentRows, "rows" | "left"> {
  const now = new Set(fitting.map(({ incident_id }) => incident_id));
  const missing = before.rows.filter(({ incident_id }) => !now.has(incident_id));
  const last = fitting.at(-1);
  // What newer ones have pushed below the last page is still there.
  const below = missing.filter((one) => more && last !== undefined && newerFirst(one, last) > 0);
  return { rows: [...fitting, ...below], left: before.left + missing.length - below.length };
}

/** In the service's order: opened last first, then by id. */
function newerFirst(a: Incident, b: Incident): number {
  const byTime = Date.parse(b.opened_at) - Date.parse(a.opened_at);
  if (byTime !== 0) return byTime;
  return a.incident_id < b.incident_id ? 1 : a.incident_id > b.incident_id ? -1 : 0;
}
