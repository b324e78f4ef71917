import { readServiceReport, serviceReportsPlan } from "../alerts/service-reports.ts";
import { prune } from "../database/prune.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import type { Handler, Verdict } from "../transport/transport.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** How long reports are kept, in milliseconds. */
const keptFor = 24 * 60 * 60 * 1000;

/** How often the reports that are too old are deleted, in milliseconds. */
const pruneEvery = 60_000;

/**
 * Makes the handler of the topic `control`: stores the services' reports, each once, and deletes those older than a
 * day. What is no report goes to quarantine. Rejects with `database_unavailable` when the batch has to come again.
 */
export function reportHandler({
  database,
  clock,
  observe,
}: Pick<NotifyOptions, "database" | "clock" | "observe">): Handler {
  let prunedAt = Number.NEGATIVE_INFINITY;
  return async ({ records }) => {
    const reads = records.map(readServiceReport);
    const reasons = new Map<number, string>();
    const places = reads.flatMap((read, index) => ("row" in read ? [index] : []));
    reads.forEach((read, index) => {
      if ("reason" in read) reasons.set(index, read.reason);
    });
    const rows = reads.flatMap((read) => ("row" in read ? [read.row] : []));
    const { refused } = await upsertRows(database, serviceReportsPlan, rows);
    for (const { index, reason } of refused) reasons.set(places[index]!, reason);
    if (clock.now() - prunedAt >= pruneEvery) {
      const through = { at: clock.now() - keptFor, key: "" };
      await prune(database, { table: "service_reports", key: "report_id", through });
      prunedAt = clock.now();
    }
    if (reasons.size > 0) observe.quarantined("invalid_request", reasons.size);
    return records.map((_, index) => verdictFor(reasons.get(index)));
  };
}

function verdictFor(reason: string | undefined): Verdict {
  return reason === undefined ? "ack" : { quarantine: "invalid_request", reason };
}
