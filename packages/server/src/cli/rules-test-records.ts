import { Readable } from "node:stream";
import type { AuditEvent } from "@auditflow/contracts";
import { type ForeignRecord, testDay } from "../detect/read-rule-tests.ts";
import { readRecords } from "../ingest/read-records.ts";

/** Stamps without a year or a zone are of the year of the tests, and in UTC: a test means the same everywhere. */
const settings = { year: Number(testDay.slice(0, 4)), timeZone: "UTC" };

/** Makes an event of a record or a line in a test as `auditflow scan` does, or says in words why it is none. */
export async function readTestRecord({
  content,
  logsource,
  position,
  at,
}: ForeignRecord): Promise<AuditEvent | string> {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const kind = logsource === undefined ? {} : { logsource };
  const options = { ...settings, ...kind, source: position, now: at };
  const records = [];
  for await (const batch of readRecords(Readable.from([Buffer.from(text)]), options))
    records.push(...batch.records);
  const [first] = records;
  if (first === undefined || records.length > 1) return `must be one record, but ${records.length} are in it`;
  const { event, fault } = first;
  if (event === undefined) return fault?.detail ?? "is no event";
  return logsource === undefined ? event : { ...event, logsource };
}
