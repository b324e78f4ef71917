import { quarantinePlan, readQuarantined, surplus } from "../alerts/quarantine.ts";
import { prune } from "../database/prune.ts";
import { upsertRows } from "../database/upsert-rows.ts";
import type { Handler } from "../transport/transport.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** What the table may hold; beyond it the oldest records go, logged. */
export const quarantineCap = { rows: 100_000, bytes: 256 * 1024 * 1024 } as const;

/** How often the table is measured against its cap, in milliseconds. */
const measureEvery = 60_000;

/**
 * Makes the handler of the topic `quarantine`: stores refused records by their id. A record that is itself
 * malformed is logged, counted and acknowledged, for to refuse it again would never end. Rejects with
 * `database_unavailable` when the batch has to come again.
 */
export function quarantineHandler(
  options: NotifyOptions,
  cap: typeof quarantineCap | QuarantineCap = quarantineCap,
): Handler {
  const { database, clock, observe, log } = options;
  let measuredAt = Number.NEGATIVE_INFINITY;
  const drop = (reason: string): void => {
    observe.quarantined("invalid_request", 1);
    log.error({ "event.name": "quarantine.unstorable", reason }, "a quarantine record cannot be kept");
  };
  return async ({ records }) => {
    const reads = records.map(readQuarantined);
    const rows = reads.flatMap((read) => ("row" in read ? [read.row] : []));
    const { refused } = await upsertRows(database, quarantinePlan, rows);
    for (const read of reads) if ("reason" in read) drop(read.reason);
    for (const { reason } of refused) drop(reason);
    if (clock.now() - measuredAt >= measureEvery) {
      measuredAt = clock.now();
      await keepUnder(cap, options);
    }
    return records.map(() => "ack");
  };
}

/** Most rows, and most bytes of the refused records, that the table keeps. */
export interface QuarantineCap {
  readonly rows: number;
  readonly bytes: number;
}

async function keepUnder(cap: QuarantineCap, { database, log }: NotifyOptions): Promise<void> {
  const through = await surplus(database.reader, cap);
  if (through === undefined) return;
  const dropped = await prune(database, { table: "quarantine", key: "quarantine_id", through });
  log.warn(
    { "event.name": "quarantine.pruned", dropped },
    "the oldest quarantine records were dropped: the table was full",
  );
}
