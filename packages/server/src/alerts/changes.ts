import type { Database } from "../database/database.ts";
import { filterColumns } from "./filter-clauses.ts";
import type { FilterSubject } from "./filter-matches.ts";
import { type SummaryRow, summaryColumns } from "./summary.ts";

/** A place in the stream of changes: after the change of alert `id` at `position`, and after all before it. */
export interface StreamPlace {
  readonly position: number;
  /** In lower case. */
  readonly id: string;
}

/** An alert as its last change left it, by whomever, and where in the stream that change stands. */
export type AlertChange = StreamPlace & FilterSubject & SummaryRow;

/** The parts of the database that the stream reads. */
export type ChangesSource = Pick<Database, "reader" | "settledBefore">;

/** Which changes are read. */
export interface ChangesQuery {
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
  const { after, before, limit } = query;
  return await source.reader
    .selectFrom("alerts")
    .select(["position", "alert_id as id", ...changeColumns])
    .where((eb) => eb(eb.refTuple("position", "alert_id"), ">", eb.tuple(after.position, after.id)))
    .where("position", "<", before ?? source.settledBefore())
    .orderBy("position")
    .orderBy("alert_id")
    .limit(limit)
    .execute();
}

const changeColumns = [...new Set([...filterColumns, ...summaryColumns])];
