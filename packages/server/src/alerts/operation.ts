import { AuditFlowError, type Operation } from "@auditflow/contracts";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Transaction, WriteConflict } from "../database/database.ts";
import type { OperationRow, Schema } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";

/** One thing that somebody does: every line of history that it makes carries this. */
export interface Deed {
  /** UUIDv7. */
  readonly operation_id: string;
  /** The time, epoch milliseconds. */
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly note: string | null;
}

/** How many alerts a deed meant, and how many it changed. */
export interface Effect {
  readonly matched: number;
  readonly changed: number;
}

/** The lines of history that a deed is about to make: what each alert is now and is to be. */
const historyColumns = sql.raw(
  [
    "operation_id, subject_id, at, who, action, note",
    "from_status, to_status, from_assignee, to_assignee, from_reason, to_reason, version",
  ].join(", "),
);

/** The deed as a table of one row, known as `given`, so that each engine knows the types. */
function deedTable({ given }: Transaction, deed: Deed, incident: string | null): RawBuilder<unknown> {
  const kinds = { operation_id: "uuid", at: "bigint", who: "text", action: "text", note: "text" } as const;
  return given({ ...kinds, incident: "uuid" }, [{ ...deed, incident }]);
}

/**
 * Writes the history of a deed before it is done, and says how many alerts it is about. `lines` is a query with the
 * columns alert_id, from_status, to_status, from_assignee, to_assignee, from_reason, to_reason and version, the last
 * being what the alert has now.
 */
export async function writeHistory(
  transaction: Transaction,
  deed: Deed,
  lines: RawBuilder<unknown>,
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into history (${historyColumns})
    select given.operation_id, lines.alert_id, given.at, given.who, given.action, given.note,
      lines.from_status, lines.to_status, lines.from_assignee, lines.to_assignee,
      lines.from_reason, lines.to_reason, lines.version + 1
    from (${lines}) as lines, ${deedTable(transaction, deed, null)}`.execute(transaction.db);
  return Number(numAffectedRows ?? 0);
}

/** Where a deed ends that concerns incidents. */
export interface IncidentScope {
  /** The incident that was acted on as such, which gets a line of history in any case; null: none was. */
  readonly incident: string | null;
  /** Whether the deed can lead an incident back from resolved or closed. */
  readonly reopens: boolean;
}

/**
 * Does what the history of a deed says: to its alerts, each change at a place of its own in the stream, and to their
 * incidents, whose status is anew the least settled of their standing alerts'. Four statements, five when it reopens.
 */
export async function carryOut(
  transaction: Transaction,
  deed: Deed,
  { incident, reopens }: IncidentScope,
): Promise<void> {
  const { db } = transaction;
  const mine = sql`done.operation_id = ${deed.operation_id}`;
  await sql`
    update alerts set status = done.to_status, assignee = done.to_assignee, reason = done.to_reason,
      version = done.version, position = ${transaction.position()}
    from history as done where ${mine} and done.subject_id = alerts.alert_id`.execute(db);
  await sql`
    with touched as (
      select distinct alerts.incident_id from history as done
      join alerts on alerts.alert_id = done.subject_id where ${mine}
    ), standing as (
      select incident_id, case
        when exists (select 1 from ${standing} and status = 'open') then 0
        else (select min(${rank}) from ${standing}) end as least
      from touched
    )
    insert into history (operation_id, subject_id, at, who, action, note, from_status, to_status, version)
    select given.operation_id, incidents.incident_id, given.at, given.who, given.action,
      case when incidents.incident_id = given.incident then given.note end,
      incidents.status, ${ranked},
      coalesce((select max(version) from history where subject_id = incidents.incident_id), 0) + 1
    from standing join incidents on incidents.incident_id = standing.incident_id,
      ${deedTable(transaction, deed, incident)}
    where incidents.status <> ${ranked} or incidents.incident_id = given.incident`.execute(db);
  await sql`
    update incidents set status = done.to_status,
      joinable = case when done.to_status in ('resolved', 'closed') then 0 else joinable end
    from history as done where ${mine} and done.subject_id = incidents.incident_id`.execute(db);
  if (reopens) await takeAlertsAgain(db, deed.operation_id);
}

// Most incidents have an open alert left, which is found at once; only of the others all alerts are read.
const standing = sql`alerts where alerts.incident_id = touched.incident_id and alerts.merged_into is null`;
const rank = sql`case status when 'open' then 0 when 'acknowledged' then 1 when 'resolved' then 2 else 3 end`;
const ranked = sql`case standing.least
  when 0 then 'open' when 1 then 'acknowledged' when 2 then 'resolved' else 'closed' end`;

/** Only the newest incident of a fingerprint, and only when no other does. */
async function takeAlertsAgain(db: Kysely<Schema>, operationId: string): Promise<void> {
  try {
    await sql`
      update incidents set joinable = 1 where incident_id in (
        select incident_id from (
          select incident_id, status, max(joinable) over (partition by fingerprint) as taken,
            row_number() over (partition by fingerprint order by at desc, incident_id desc) as place
          from incidents where fingerprint in (
            select fingerprint from history as done join incidents on incidents.incident_id = done.subject_id
            where done.operation_id = ${operationId}
              and done.from_status in ('resolved', 'closed') and done.to_status in ('open', 'acknowledged')
          )
        ) as placed where place = 1 and taken = 0 and status in ('open', 'acknowledged')
      )`.execute(db);
  } catch (error) {
    if (error instanceof AuditFlowError) throw error;
    // A new alert opened another incident of the fingerprint meanwhile.
    throw new WriteConflict("another incident takes the alerts", { cause: error });
  }
}

/** Writes down that a deed was done. */
export async function recordOperation(
  { db }: Transaction,
  { operation_id, at, who, action }: Deed,
  { matched, changed, undo_of = null }: Effect & { readonly undo_of?: string | null },
): Promise<Operation> {
  const row: OperationRow = { operation_id, at, who, action, matched, changed, undo_of };
  await db.insertInto("operations").values(row).execute();
  return operationOf(row);
}

/** A deed as the API tells it. */
function operationOf(row: Omit<OperationRow, "undo_of">): Operation {
  const { operation_id, action, who, at, matched, changed } = row;
  return { operation_id, action, who, at: formatTimestamp(at), matched, changed };
}

/** What is known of an operation, as the API tells it; undefined when nothing is. The id in lower case. */
export async function getOperation(
  reader: Kysely<Schema>,
  operationId: string,
): Promise<Operation | undefined> {
  const row = await reader
    .selectFrom("operations")
    .selectAll()
    .where("operation_id", "=", operationId)
    .executeTakeFirst();
  return row === undefined ? undefined : operationOf(row);
}
