import type { Database } from "../database/database.ts";
import type { AlertSelection } from "./queries.ts";

/** A place in the stream of changes: after the change of alert `id` at `position`, and after all before it. */
export interface StreamPlace {
  readonly position: number;
  /** In lower case. */
  readonly id: string;
}

/** An alert as its last change left it, and where in the stream that change stands. */
export interface AlertChange extends StreamPlace {
  readonly severity: string;
  readonly ruleId: string;
  /** JSON text of its AlertSummary, in one line. */
  readonly summary: string;
}

/** The parts of the database that the stream reads. */
export type ChangesSource = Pick<Database, "reader" | "settledBefore">;

/** Which changes are read. */
export interface ChangesQuery extends AlertSelection {
  readonly after: StreamPlace;
  /** Only changes before this position; undefined: all that is settled when the query runs. */
  readonly before?: number | undefined;
  /** Most changes, at least 1. */
  readonly limit: number;
}

/** The greatest id there is: a place with it is after everything at its position. */
const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The end of the stream: after every change that is settled now, before every later one. */
export async function endOfStream(source: ChangesSource): Promise<StreamPlace> {
  const row = await source.reader
    .selectNoFrom(source.settledBefore().as("horizon"))
    .executeTakeFirstOrThrow();
  return { position: row.horizon - 1, id: lastId };
}

/** Whether a change is stored that is not settled: true for long when somebody else's transaction stays open. */
export async function isHeldBack(source: ChangesSource): Promise<boolean> {
  const row = await source.reader
    .selectFrom("alerts")
    .select((eb) => [eb.fn.max("position").as("last"), source.settledBefore().as("horizon")])
    .executeTakeFirst();
  return row !== undefined && row.last !== null && row.last >= row.horizon;
}

/** Whether a place comes before another. */
export function isBefore(place: StreamPlace, other: StreamPlace): boolean {
  return place.position === other.position ? place.id < other.id : place.position < other.position;
}

/**
 * The changes after a place, in the order of the stream, merged alerts too. Whoever goes on from the last one until
 * there is none has the last state of every alert; of an alert that changed twice meanwhile only the later change.
 */
export async function changesAfter(source: ChangesSource, query: ChangesQuery): Promise<AlertChange[]> {
  const { after, before, severities, ruleId, limit } = query;
  let select = source.reader
    .selectFrom("alerts")
    .select(["position", "alert_id as id", "severity", "rule_id as ruleId", "summary"])
    .where((eb) => eb(eb.refTuple("position", "alert_id"), ">", eb.tuple(after.position, after.id)))
    .where("position", "<", before ?? source.settledBefore());
  if (severities !== undefined) select = select.where("severity", "in", [...severities]);
  if (ruleId !== undefined) select = select.where("rule_id", "=", ruleId);
  return await select.orderBy("position").orderBy("alert_id").limit(limit).execute();
}
