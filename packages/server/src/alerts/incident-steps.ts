import { alertSeverities } from "@auditflow/contracts";
import { sql } from "kysely";
import { type Transaction, WriteConflict } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { alertSummaryOf } from "./summary.ts";

/** An alert to be written, and what it has in common with the others of its incident. */
export interface FingerprintedRow {
  readonly row: AlertRow;
  readonly fingerprint: string;
  /** Event times, epoch milliseconds. */
  readonly first_seen: number;
  readonly last_seen: number;
}

/** What a batch adds to one incident. */
export interface IncidentStep {
  readonly fingerprint: string;
  /** The alert that opens it, if it is not there. */
  readonly opener: AlertRow;
  /** Standing alerts that join it, less those that became part of another alert. */
  alert_count: number;
  severity: number;
  first_seen: number;
  last_seen: number;
}

/** An incident after a batch, as far as people have to be told. */
export interface SteppedIncident {
  readonly incident_id: string;
  readonly fingerprint: string;
  readonly severity: number;
  readonly told: number;
  readonly status: string;
  readonly alert_count: number;
  readonly first_seen: number;
  readonly last_seen: number;
}

/** The rank of a severity: 0 is INFO, 4 is CRITICAL. */
export function severityRank(severity: string): number {
  return (alertSeverities as readonly string[]).indexOf(severity);
}

/** An alert and what it means for its incident: it joins (1), it grew (0), or it became part of another alert (-1). */
export interface AlertStep extends FingerprintedRow {
  readonly joins: 1 | 0 | -1;
}

/** Adds an alert to the step of its incident, which is known by the key. */
export function addToStep(
  steps: Map<string, IncidentStep>,
  key: string,
  { row, fingerprint, first_seen, last_seen, joins }: AlertStep,
): void {
  const step = steps.get(key);
  const severity = severityRank(row.severity);
  if (step === undefined) {
    steps.set(key, { fingerprint, opener: row, alert_count: joins, severity, first_seen, last_seen });
    return;
  }
  step.alert_count += joins;
  step.severity = Math.max(step.severity, severity);
  step.first_seen = Math.min(step.first_seen, first_seen);
  step.last_seen = Math.max(step.last_seen, last_seen);
}

/** The incidents that new alerts join, by fingerprint. */
export async function joinableIncidents(
  { db, given }: Transaction,
  fingerprints: readonly string[],
): Promise<Map<string, string>> {
  if (fingerprints.length === 0) return new Map();
  const wanted = given(
    { fingerprint: "text" },
    fingerprints.map((fingerprint) => ({ fingerprint })),
  );
  const { rows } = await sql<{ incident_id: string; fingerprint: string }>`
    select incident_id, fingerprint from incidents
    where joinable = 1 and fingerprint in (select fingerprint from ${wanted})`.execute(db);
  return new Map(rows.map(({ incident_id, fingerprint }) => [fingerprint, incident_id]));
}

const added = sql`
  alert_count = stored.alert_count + excluded.alert_count,
  status = case when excluded.alert_count > 0 then 'open' else stored.status end,
  severity = case when excluded.severity > stored.severity then excluded.severity else stored.severity end,
  told = case when excluded.told > stored.told then excluded.told else stored.told end,
  first_seen = case when excluded.first_seen < stored.first_seen then excluded.first_seen else stored.first_seen end,
  last_seen = case when excluded.last_seen > stored.last_seen then excluded.last_seen else stored.last_seen end`;

/** What new incidents are made with beside the batch's steps. */
export interface OpenOptions {
  readonly now: number;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  /** false: channels are as if they had been told already. */
  readonly notify: boolean;
}

/** What a batch adds, under which incident the alerts of each fingerprint were written, and which were there before. */
export interface AssumedIncidents {
  readonly steps: readonly IncidentStep[];
  readonly ids: ReadonlyMap<string, string>;
  readonly joinable: ReadonlyMap<string, string>;
}

/**
 * Opens the incidents that are not there and adds to those that are, in one statement, locking them in one order.
 * @throws WriteConflict when another transaction opened or ended one of them meanwhile.
 */
export async function stepJoinable(
  { db, given }: Transaction,
  { steps, ids, joinable }: AssumedIncidents,
  { now, notify, newId }: OpenOptions,
): Promise<SteppedIncident[]> {
  if (steps.length === 0) return [];
  const rows = [...steps]
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
    .map((step) => ({
      ...newIncident(step, now, notify),
      // Never the id of one that is there: should it have ended meanwhile, this row opens another and tells of it.
      incident_id: joinable.has(step.fingerprint) ? newId() : ids.get(step.fingerprint),
      opened_by: joinable.has(step.fingerprint) ? "" : JSON.stringify(alertSummaryOf(step.opener)),
    }));
  const { rows: stepped } = await sql<SteppedIncident>`
    insert into incidents as stored (${names}) select ${names} from ${given(kinds, rows)} where true
    order by fingerprint
    on conflict (fingerprint) where joinable = 1 do update set ${added}
    returning incident_id, fingerprint, severity, told, status, alert_count, first_seen, last_seen`.execute(
    db,
  );
  const moved = stepped.find(({ incident_id, fingerprint }) => ids.get(fingerprint) !== incident_id);
  if (moved !== undefined || stepped.length !== rows.length)
    throw new WriteConflict("an incident was opened or ended");
  return stepped;
}

const kinds = {
  incident_id: "uuid",
  fingerprint: "text",
  joinable: "integer",
  status: "text",
  severity: "integer",
  told: "integer",
  opened_by: "text",
  rule_id: "text",
  rule_name: "text",
  actor: "text",
  host: "text",
  alert_count: "bigint",
  first_seen: "bigint",
  last_seen: "bigint",
  at: "bigint",
} as const;
const names = sql.join(Object.keys(kinds).map((name) => sql.ref(name)));

function newIncident(step: IncidentStep, now: number, notify: boolean) {
  const { fingerprint, opener, alert_count, severity, first_seen, last_seen } = step;
  const { rule_id, rule_name, actor, host } = opener;
  return {
    ...{
      fingerprint,
      joinable: 1,
      status: "open",
      severity,
      told: notify ? -1 : severity,
    },
    ...{ rule_id, rule_name, actor, host, alert_count, first_seen, last_seen, at: now },
  };
}

/** Adds what alerts brought that belong to an incident which takes no new ones any more. */
export async function stepEnded(
  { db, given }: Transaction,
  steps: ReadonlyMap<string, IncidentStep>,
): Promise<void> {
  if (steps.size === 0) return;
  const rows = [...steps].map(([incident_id, { alert_count, severity, first_seen, last_seen }]) => ({
    ...{ id: incident_id, joined: alert_count, rank: severity, first: first_seen, last: last_seen },
  }));
  const table = given(
    { id: "uuid", joined: "bigint", rank: "integer", first: "bigint", last: "bigint" },
    rows,
  );
  await sql`
    update incidents set
      alert_count = alert_count + given.joined,
      severity = case when given.rank > severity then given.rank else severity end,
      first_seen = case when given.first < first_seen then given.first else first_seen end,
      last_seen = case when given.last > last_seen then given.last else last_seen end
    from ${table} where incident_id = given.id`.execute(db);
}
