import { storedRevisions } from "../alerts/queries.ts";
import { alertsPlan, readAlert } from "../alerts/record.ts";
import type { Database } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import type { Handler, Verdict } from "../transport/transport.ts";
import type { NotifyObserver, NotifyOptions } from "./notify-options.ts";

/** An alert of the batch that can be stored, with its place in the batch. */
interface Candidate {
  readonly index: number;
  readonly row: AlertRow;
}

type Refusal = Exclude<Verdict, string>;

/**
 * Makes the handler of the topic `alerts`: stores a batch in one call. What cannot be an alert, what the database
 * refuses and what contradicts the stored revision go to quarantine; everything else is acknowledged once committed.
 * Rejects with `database_unavailable` when the batch has to come again.
 */
export function alertHandler({ database, observe }: Pick<NotifyOptions, "database" | "observe">): Handler {
  return async ({ records }) => {
    const refusals = new Map<number, Refusal>();
    const candidates = readAll(records, refusals);
    const outcome = await database.upsert(
      alertsPlan,
      candidates.map(({ row }) => row),
    );
    for (const { index, reason } of outcome.refused) {
      refusals.set(candidates[index]!.index, { quarantine: "unstorable_record", reason });
    }
    const settled = new Set([...outcome.written, ...outcome.refused.map(({ index }) => index)]);
    const unchanged = candidates.filter((_, position) => !settled.has(position));
    for (const { index, row } of await contradicting(database, unchanged)) {
      const reason = `Alert ${row.alert_id} revision ${row.revision} is stored with other content`;
      refusals.set(index, { quarantine: "conflicting_alert", reason });
    }
    report(observe, { stored: outcome.written.length, unchanged, refusals });
    return records.map((_, index) => refusals.get(index) ?? "ack");
  };
}

function readAll(records: readonly unknown[], refusals: Map<number, Refusal>): Candidate[] {
  const candidates: Candidate[] = [];
  records.forEach((record, index) => {
    const read = readAlert(record);
    if ("row" in read) candidates.push({ index, row: read.row });
    else refusals.set(index, { quarantine: "invalid_alert", reason: read.reason });
  });
  return candidates;
}

/** Those whose very revision is stored with other content. */
async function contradicting(database: Database, unchanged: readonly Candidate[]): Promise<Candidate[]> {
  if (unchanged.length === 0) return [];
  const stored = await storedRevisions(
    database.reader,
    unchanged.map(({ row }) => row.alert_id),
  );
  return unchanged.filter(({ row }) => {
    const there = stored.get(row.alert_id);
    return there?.revision === row.revision && there.digest !== row.digest;
  });
}

interface BatchResult {
  readonly stored: number;
  readonly unchanged: readonly Candidate[];
  readonly refusals: ReadonlyMap<number, Refusal>;
}

function report(observe: NotifyObserver, { stored, unchanged, refusals }: BatchResult): void {
  const duplicates = unchanged.filter(({ index }) => !refusals.has(index)).length;
  if (stored > 0) observe.stored(stored);
  if (duplicates > 0) observe.duplicates(duplicates);
  const byCode = Map.groupBy(refusals.values(), ({ quarantine }) => quarantine);
  for (const [code, refused] of byCode) observe.quarantined(code, refused.length);
}
