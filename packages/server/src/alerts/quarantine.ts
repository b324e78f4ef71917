import { QuarantinedRecord } from "@auditflow/contracts";
import { Ajv } from "ajv";
import { type Kysely, sql } from "kysely";
import type { UpsertPlan } from "../database/database.ts";
import type { QuarantineRow, Schema } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import type { Position } from "./queries.ts";
import { explain } from "./record.ts";

/** One row per quarantine id; the first stays. */
export const quarantinePlan: UpsertPlan<"quarantine"> = {
  table: "quarantine",
  key: "quarantine_id",
  newer: undefined,
};

const isQuarantined = new Ajv().compile<QuarantinedRecord>(QuarantinedRecord);

/** Takes anything for a refused record to store: its row, or in one sentence why it is none. */
export function readQuarantined(
  value: unknown,
): { readonly row: QuarantineRow } | { readonly reason: string } {
  if (!isQuarantined(value)) return { reason: explain(isQuarantined.errors ?? []) };
  const { quarantine_id, quarantined_at, topic, group, code, reason, encoding, body, size_bytes } = value;
  const at = Date.parse(quarantined_at);
  if (Number.isNaN(at)) return { reason: "/quarantined_at is not a time" };
  const words = { topic: plain(topic, 256), group_name: plain(group, 256), code: plain(code, 256) };
  // The cap counts on the size, so that nobody may understate it; base64 is a third longer than what it holds.
  const size = Math.max(size_bytes, Math.floor(Buffer.byteLength(body) * 0.75));
  const row = { quarantine_id, at, ...words, encoding, size_bytes: size, body };
  return { row: { ...row, reason: plain(reason, 4096) } };
}

// Words of explanation may quote the very thing that was refused; they are cleaned, the body is not.
function plain(text: string, most: number): string {
  return text.slice(0, most).replaceAll("\0", "\u2400").toWellFormed();
}

/** How many refused records are kept. */
export async function countQuarantined(reader: Kysely<Schema>): Promise<number> {
  const { n } = await reader
    .selectFrom("quarantine")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** A page of refused records, and where the next one begins; undefined on the last. */
export interface QuarantinePage {
  readonly records: QuarantinedRecord[];
  readonly next: Position | undefined;
}

/** Most bytes of bodies on a page that has more than one record. */
const pageBytes = 4 * 1024 * 1024;

/** One page of refused records, newest first: at most `limit`, fewer when their bodies are large, never none. */
export async function listQuarantined(
  reader: Kysely<Schema>,
  { limit, after }: { readonly limit: number; readonly after: Position | undefined },
): Promise<QuarantinePage> {
  let query = reader.selectFrom("quarantine").select(["quarantine_id", "at", "size_bytes"]);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("at", "quarantine_id"), "<", eb.tuple(after.at, after.id)));
  }
  const found = await query
    .orderBy("at", "desc")
    .orderBy("quarantine_id", "desc")
    .limit(limit + 1)
    .execute();
  const page = found.slice(0, fitting(found.slice(0, limit)));
  const last = page.at(-1);
  return {
    records: await readRecords(
      reader,
      page.map(({ quarantine_id }) => quarantine_id),
    ),
    next:
      page.length < found.length && last !== undefined ? { at: last.at, id: last.quarantine_id } : undefined,
  };
}

function fitting(rows: readonly { readonly size_bytes: number }[]): number {
  let bytes = 0;
  const tooMany = rows.findIndex(({ size_bytes }) => {
    bytes += size_bytes;
    return bytes > pageBytes;
  });
  return tooMany === -1 ? rows.length : Math.max(1, tooMany);
}

async function readRecords(reader: Kysely<Schema>, ids: readonly string[]): Promise<QuarantinedRecord[]> {
  if (ids.length === 0) return [];
  const rows = await reader
    .selectFrom("quarantine")
    .selectAll()
    .where("quarantine_id", "in", [...ids])
    .orderBy("at", "desc")
    .orderBy("quarantine_id", "desc")
    .execute();
  return rows.map(({ at, group_name, encoding, ...row }) => ({
    ...row,
    quarantined_at: formatTimestamp(at),
    group: group_name,
    encoding: encoding as QuarantinedRecord["encoding"],
  }));
}

/** The newest record that has to go so that the rest keeps within the cap; undefined when all may stay. */
export async function surplus(
  reader: Kysely<Schema>,
  cap: { readonly rows: number; readonly bytes: number },
): Promise<{ at: number; key: string } | undefined> {
  const ranked = reader
    .selectFrom("quarantine")
    .select([
      "at",
      "quarantine_id",
      sql<number>`row_number() over (order by at desc, quarantine_id desc)`.as("rank"),
      sql<number>`sum(size_bytes) over (order by at desc, quarantine_id desc)`.as("bytes"),
    ]);
  const row = await reader
    .selectFrom(ranked.as("ranked"))
    .select(["at", "quarantine_id as key"])
    .where((eb) => eb.or([eb("rank", ">", cap.rows), eb("bytes", ">", cap.bytes)]))
    .orderBy("at", "desc")
    .orderBy("quarantine_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row;
}
