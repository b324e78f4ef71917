import type { Alert, ErrorCode } from "@auditflow/contracts";
import { sql } from "kysely";
import { failpoint } from "#failpoint";
import { type Database, type Transaction, WriteConflict } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { writeNewest } from "../database/upsert-rows.ts";
import { type Traces, traceHeaders } from "../telemetry/trace-context.ts";
import { fingerprintOf } from "./fingerprint.ts";
import {
  addToStep,
  type FingerprintedRow,
  type IncidentStep,
  joinableIncidents,
  stepEnded,
  stepJoinable,
} from "./incident-steps.ts";
import { alertsPlan, readAlert, sayTheSame } from "./record.ts";
import { type TellOptions, tellOfIncidents } from "./tell-of-incidents.ts";

/** What storing is done with. */
export interface StoreOptions extends TellOptions {
  /** The time, epoch milliseconds. */
  readonly now: number;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  /** Whether channels are told of incidents that this opens or makes worse. */
  readonly notify: boolean;
  /** Where the values belong, one per value. */
  readonly traces?: Traces | undefined;
}

/** A value that was not stored, by its place in the call. */
export interface RefusedAlert {
  readonly index: number;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** What became of a batch. */
export interface StoredAlerts {
  /** Alerts written: new ones and newer revisions. */
  readonly stored: number;
  /** Alerts that brought nothing new: a repetition, or an older revision than the stored one. */
  readonly unchanged: number;
  readonly refused: readonly RefusedAlert[];
  /** Deliveries that are due because of it. */
  readonly deliveries: number;
}

interface Candidate extends FingerprintedRow {
  readonly index: number;
}

/**
 * Stores a batch of anything: alerts by id with the highest revision, each in the one open incident of its
 * fingerprint, with the outbox rows of channels that are to be told, in one transaction of a constant number of
 * statements. What is no alert, what the database refuses and what contradicts the stored revision is told and harms
 * no neighbour. Committed when it resolves; rejects with `database_unavailable`.
 */
export async function storeAlerts(
  database: Database,
  values: readonly unknown[],
  options: StoreOptions,
): Promise<StoredAlerts> {
  const refused: RefusedAlert[] = [];
  const candidates = readAll(values, refused, options.traces);
  const byRow = new Map<AlertRow, Candidate>(candidates.map((candidate) => [candidate.row, candidate]));
  let deliveries = 0;
  const outcome = await writeNewest(
    alertsPlan,
    candidates.map(({ row }) => row),
    async (rows) => {
      const batch = rows.map((row) => byRow.get(row)!);
      const result = await database.write(async (transaction) => {
        const stored = await storeBatch(transaction, batch, options);
        await failpoint("alerts.committing", rows);
        return stored;
      });
      deliveries += result.deliveries;
      return result.written;
    },
  );
  for (const { index, reason } of outcome.refused) {
    refused.push({ index: candidates[index]!.index, code: "unstorable_record", reason });
  }
  const settled = new Set([...outcome.written, ...outcome.refused.map(({ index }) => index)]);
  const unchanged = candidates.filter((_, place) => !settled.has(place));
  const conflicting = await contradicting(database, unchanged);
  for (const { index, row } of conflicting) {
    const reason = `Alert ${row.alert_id} revision ${row.revision} is stored with other content`;
    refused.push({ index, code: "conflicting_alert", reason });
  }
  return {
    stored: outcome.written.length,
    unchanged: unchanged.length - conflicting.length,
    refused,
    deliveries,
  };
}

function readAll(
  values: readonly unknown[],
  refused: RefusedAlert[],
  traces: Traces | undefined,
): Candidate[] {
  const candidates: Candidate[] = [];
  values.forEach((value, index) => {
    const read = readAlert(value);
    if ("row" in read) {
      const trace = traces?.[index];
      if (trace !== undefined) read.row.traceparent = traceHeaders(trace).traceparent;
      candidates.push({ index, row: read.row, ...aboutIncident(value as Alert, read.row.at) });
    } else refused.push({ index, code: "invalid_alert", reason: read.reason });
  });
  return candidates;
}

function aboutIncident(alert: Alert, at: number): Omit<FingerprintedRow, "row"> {
  return {
    fingerprint: fingerprintOf(alert),
    first_seen: Math.min(at, Date.parse(alert.first_event_at)),
    last_seen: Math.max(at, Date.parse(alert.last_event_at)),
  };
}

/** Of an alert that is stored, what decides what a new revision means. */
interface Known {
  readonly revision: number;
  readonly merged_into: string | null;
  readonly incident_id: string | null;
}

async function storeBatch(
  transaction: Transaction,
  batch: readonly FingerprintedRow[],
  options: StoreOptions,
): Promise<{ written: ReadonlySet<unknown>; deliveries: number }> {
  const known = await knownAlerts(transaction, batch);
  const news = batch.filter(({ row }) => row.revision > (known.get(row.alert_id)?.revision ?? 0));
  const wanted = [...new Set(news.map(({ fingerprint }) => fingerprint))];
  const joinable = await joinableIncidents(transaction, wanted);
  const ids = new Map(
    wanted.map((fingerprint) => [fingerprint, joinable.get(fingerprint) ?? options.newId()]),
  );
  const { joining, ended } = stepsOf(news, known, ids);

  const rows = news.map(({ row, fingerprint }) => {
    // In the row that was made for this call: a copy of each would cost as much as all else about it.
    row.incident_id = row.merged_into === null ? (ids.get(fingerprint) ?? null) : null;
    row.stored_at = options.now;
    return row;
  });
  const written = await transaction.upsert(alertsPlan, rows);
  for (const { alert_id } of rows) {
    const expected = known.has(alert_id) ? "updated" : "inserted";
    if (written.get(alert_id) !== expected) throw new WriteConflict(`alert ${alert_id} was stored meanwhile`);
  }
  const incidents = await stepJoinable(transaction, { steps: [...joining.values()], ids, joinable }, options);
  await stepEnded(transaction, ended);
  const deliveries = options.notify ? await tellOfIncidents(transaction, { incidents, joining }, options) : 0;
  return { written: new Set(written.keys()), deliveries };
}

async function knownAlerts(
  { db, given }: Transaction,
  batch: readonly FingerprintedRow[],
): Promise<Map<string, Known>> {
  const ids = given(
    { id: "uuid" },
    batch.map(({ row }) => ({ id: row.alert_id })),
  );
  const { rows } = await sql<Known & { alert_id: string }>`
    select alert_id, revision, merged_into, incident_id from alerts where alert_id in (select id from ${ids})`.execute(
    db,
  );
  return new Map(rows.map(({ alert_id, ...alert }) => [alert_id, alert]));
}

interface Steps {
  /** By fingerprint: incidents that take new alerts. */
  readonly joining: Map<string, IncidentStep>;
  /** By id: incidents that do not. */
  readonly ended: Map<string, IncidentStep>;
}

function stepsOf(
  news: readonly FingerprintedRow[],
  known: ReadonlyMap<string, Known>,
  ids: ReadonlyMap<string, string>,
): Steps {
  const joining = new Map<string, IncidentStep>();
  const ended = new Map<string, IncidentStep>();
  for (const one of news) {
    const { row, fingerprint } = one;
    const before = known.get(row.alert_id);
    const stands = row.merged_into === null;
    if (before === undefined) {
      if (stands) addToStep(joining, fingerprint, { ...one, joins: 1 });
      continue;
    }
    if (before.incident_id === null) continue;
    const joins = before.merged_into === null && !stands ? -1 : 0;
    if (ids.get(fingerprint) === before.incident_id) addToStep(joining, fingerprint, { ...one, joins });
    else addToStep(ended, before.incident_id, { ...one, joins });
  }
  return { joining, ended };
}

/** Those whose very revision is stored with other content. The database compares: a body can be large. */
async function contradicting(database: Database, unchanged: readonly Candidate[]): Promise<Candidate[]> {
  if (unchanged.length === 0) return [];
  const compared = unchanged.map(({ row }, place) => ({ place, id: row.alert_id, ...revisionOf(row) }));
  const { rows: others } = await database.write(({ db, given }) =>
    sql<{ place: number; alert_id: string }>`
      select given.place, alert_id from ${given(comparedKinds, compared)}
      join alerts on alert_id = given.id and alerts.revision = given.revision
      where cast(alerts.body as text) <> given.body`.execute(db),
  );
  const conflicting: Candidate[] = [];
  for (const { place, alert_id } of others) {
    const candidate = unchanged[place]!;
    const stored = database.reader.selectFrom("alerts").select("body").where("alert_id", "=", alert_id);
    const body = (await stored.executeTakeFirst())?.body;
    if (body !== undefined && !sayTheSame(body, candidate.row.body)) conflicting.push(candidate);
  }
  return conflicting;
}

const comparedKinds = { place: "integer", id: "uuid", revision: "integer", body: "text" } as const;

function revisionOf({ revision, body }: AlertRow): { readonly revision: number; readonly body: string } {
  return { revision, body };
}
