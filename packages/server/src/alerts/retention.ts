import { type RawBuilder, sql } from "kysely";
import type { Database, Transaction } from "../database/database.ts";

/** How many rows of each kind were deleted because they were too old. */
export interface Deleted {
  readonly alerts: number;
  readonly incidents: number;
  readonly deliveries: number;
  readonly operations: number;
}

/** Rows deleted in one transaction: few enough that a write waits no longer for it than for another write. */
const perTransaction = 1000;

/** How long the answer to an Idempotency-Key is kept, in milliseconds. */
const answersKeptFor = 24 * 60 * 60 * 1000;

/** Deletes at most `perTransaction` rows and says how many of the kind that counts. */
type Step = (transaction: Transaction, before: number) => Promise<number>;

/**
 * Deletes what was stored before a time (epoch milliseconds): alerts whatever their status, incidents that have none
 * left, deliveries that are settled, each with its history; and answers to Idempotency-Keys that are a day old. A
 * thousand rows a transaction, so that writes go on meanwhile; ends early, between two of them, when aborted.
 */
export async function deleteExpired(
  database: Database,
  { before, now, signal }: { readonly before: number; readonly now: number; readonly signal: AbortSignal },
): Promise<Deleted> {
  const all = async (step: Step, limit = before): Promise<number> => {
    let deleted = 0;
    for (let last = perTransaction; last >= perTransaction && !signal.aborted; deleted += last) {
      last = await database.write((transaction) => step(transaction, limit));
    }
    return deleted;
  };
  const alerts = await all(deleteAlerts);
  const incidents = await all(deleteIncidents);
  const deliveries = await all(deleteDeliveries);
  const operations = await all(deleteOperations);
  await all(deleteAnswers, now - answersKeptFor);
  return { alerts, incidents, deliveries, operations };
}

const most = sql.lit(perTransaction);

const deleteAlerts: Step = async ({ db }, before) => {
  const oldest = sql`select alert_id from alerts where stored_at < ${before} order by stored_at, alert_id limit ${most}`;
  await sql`delete from history where subject_id in (${oldest})`.execute(db);
  return await count(sql`delete from alerts where alert_id in (${oldest})`, db);
};

const deleteIncidents: Step = async ({ db }, before) => {
  const oldest = sql`select incident_id from incidents where at < ${before}
    and not exists (select 1 from alerts where alerts.incident_id = incidents.incident_id)
    order by at, incident_id limit ${most}`;
  await sql`delete from history where subject_id in (${oldest})`.execute(db);
  return await count(sql`delete from incidents where incident_id in (${oldest})`, db);
};

const deleteDeliveries: Step = async ({ db }, before) => {
  const oldest = sql`select delivery_id from deliveries where at < ${before} and state <> 'pending'
    order by at, delivery_id limit ${most}`;
  await sql`delete from delivery_attempts where delivery_id in (${oldest})`.execute(db);
  return await count(sql`delete from deliveries where delivery_id in (${oldest})`, db);
};

const deleteOperations: Step = ({ db }, before) => {
  const oldest = sql`select operation_id from operations where at < ${before} order by at, operation_id limit ${most}`;
  return count(sql`delete from operations where operation_id in (${oldest})`, db);
};

const deleteAnswers: Step = ({ db }, before) => {
  const oldest = sql`select idempotency_key from idempotency where at < ${before} order by at, idempotency_key limit ${most}`;
  return count(sql`delete from idempotency where idempotency_key in (${oldest})`, db);
};

async function count(statement: RawBuilder<unknown>, db: Transaction["db"]): Promise<number> {
  const { numAffectedRows } = await statement.execute(db);
  return Number(numAffectedRows ?? 0);
}
