import type { HistoryEntry } from "@auditflow/contracts";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";

/** All that was done to an alert or incident, oldest first; the id in lower case. */
export async function historyOf(reader: Kysely<Schema>, subjectId: string): Promise<HistoryEntry[]> {
  const rows = await reader
    .selectFrom("history")
    .selectAll()
    .where("subject_id", "=", subjectId)
    .orderBy("version")
    .orderBy("at")
    .orderBy("operation_id")
    .execute();
  return rows.map(({ operation_id, at, who, action, note, version, ...row }) => ({
    ...{ operation_id, at: formatTimestamp(at), who, action },
    from: { status: row.from_status, assignee: row.from_assignee, close_reason: row.from_reason },
    to: { status: row.to_status, assignee: row.to_assignee, close_reason: row.to_reason },
    ...{ note, version },
  }));
}
