import { reportingSince } from "../alerts/service-reports.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { KnownProcess } from "../telemetry/inquiry.ts";

/**
 * A process reports itself every 10 s at least, so one that is silent for longer than this, in milliseconds, has gone or
 * is cut off.
 */
export const lately = 25_000;

/** Answers which processes reported themselves lately; rejects while the database is down. */
export function knownProcesses(
  database: Pick<Database, "reader">,
  clock: Clock,
): () => Promise<readonly KnownProcess[]> {
  return () => reportingSince(database, clock.now() - lately);
}
