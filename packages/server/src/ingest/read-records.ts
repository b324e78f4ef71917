import type { Readable } from "node:stream";
import { type AuditEvent, AuditFlowError, type Logsource, limits } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { eventIdOf } from "./event-id.ts";
import { type JsonItem, JsonItems } from "./json-items.ts";
import { openLog, sniff } from "./log-bytes.ts";
import { toEvent } from "./normalize-event.ts";
import type { RecordFault } from "./record-fault.ts";
import { type Line, SplitLines } from "./split-lines.ts";
import {
  decodeItem,
  decodeUtf8,
  looksLikeLines,
  type StrictItem,
  tooLarge,
  trimSpace,
} from "./strict-json.ts";
import { textEvent } from "./text-event.ts";
import { wrapRecord } from "./wrap-record.ts";

export type { RecordFault } from "./record-fault.ts";

/** How the records of a file are read. */
export interface ReadOptions {
  /** Name of the file or stream, part of the ids made for records without one: a file's real path. */
  readonly source: string;
  /** IANA name or offset of the zone of stamps that name none. */
  readonly timeZone: string;
  /** Year of stamps without one; by default the latest that is not over 24 h after `now`. */
  readonly year?: number;
  /** Epoch milliseconds: becomes `received_at`. */
  readonly now: number;
  /** Takes the place of `now` in a stream that may last for days. */
  readonly clock?: Clock;
  /** Takes JSON records that are not audit events as records of this kind. */
  readonly logsource?: Logsource;
}

/** One record of a file: an event, or why it is none. Exactly one of the two is there. */
export interface ReadRecord {
  /** Physical line from 1 for text and JSON lines, else the ordinal of the record from 1; 0 for the file itself. */
  readonly line: number;
  /** Byte at which it starts, after decompression. */
  readonly offset: number;
  readonly event?: AuditEvent;
  readonly fault?: RecordFault;
}

/** Records that were read together. */
export interface ReadBatch {
  readonly records: readonly ReadRecord[];
  /** Bytes of the input read so far, compressed as they are, to compare with the file's size. */
  readonly bytesRead: number;
}

/**
 * Reads a log in bounded memory: text lines, JSON lines, a JSON array, or JSON objects one after another; gzip is
 * seen by its first bytes. Every record is yielded in order, as an event or as a fault. A batch may be empty: it
 * tells progress.
 * @throws AuditFlowError not_found or invalid_request when the input cannot be read or the time zone does not exist.
 */
export async function* readRecords(
  input: string | Readable,
  options: ReadOptions,
): AsyncGenerator<ReadBatch> {
  const { chunks, bytesRead, damage } = openLog(input);
  const { head, whole } = await sniff(chunks, sniffedBytes, typeof input === "string" ? undefined : patience);
  const reader = readerFor(head, contextOf(options));
  for await (const chunk of whole) yield { records: reader.push(chunk), bytesRead: bytesRead() };
  const words = damage();
  const last: ReadRecord[] =
    words === undefined ? [] : [{ line: 0, offset: 0, fault: { code: "invalid_event", detail: words } }];
  yield { records: [...reader.end(), ...last], bytesRead: bytesRead() };
}

const sniffedBytes = 64 * 1024;

/** How long a stream may be silent, in milliseconds, before it is read with what it has given. */
const patience = 100;

/** The same for all records of a log, but for the time of one that lasts. */
interface LogContext extends ReadOptions {
  readonly receivedAt: string;
}

function contextOf(options: ReadOptions): LogContext {
  const { now, clock } = options;
  if (clock === undefined) return { ...options, receivedAt: formatTimestamp(now) };
  return {
    ...options,
    get now() {
      return clock.now();
    },
    get receivedAt() {
      return formatTimestamp(clock.now());
    },
  };
}

interface RecordReader {
  push(chunk: Buffer): ReadRecord[];
  end(): ReadRecord[];
}

function readerFor(head: Buffer, context: LogContext): RecordReader {
  const text = head.toString("utf8").replace(/^\ufeff?[ \t\r\n]*/, "");
  if (/^\[[ \t\r\n]*[{\]]/.test(text)) return itemReader("array", context);
  if (!text.startsWith("{")) return lineReader(false, context);
  return looksLikeLines(text) ? lineReader(true, context) : itemReader("sequence", context);
}

function lineReader(isJson: boolean, context: LogContext): RecordReader {
  const lines = new SplitLines(limits.eventBytes);
  const read = (found: readonly Line[]): ReadRecord[] =>
    found.flatMap((line) => readLine(line, isJson, context));
  return { push: (chunk) => read(lines.push(chunk)), end: () => read(lines.end()) };
}

function readLine(line: Line, isJson: boolean, context: LogContext): ReadRecord[] {
  const place = { line: line.line, offset: line.offset };
  if (line.bytes === undefined) return [{ ...place, fault: tooLarge }];
  const text = textOf(line.bytes);
  if (typeof text !== "string") return [{ ...place, fault: text }];
  const trimmed = trimSpace(text);
  if (trimmed === "") return [];
  if (isJson || trimmed.startsWith("{")) return [{ ...place, ...jsonEvent(trimmed, line.offset, context) }];
  return [{ ...place, ...textEvent(text, { ...context, offset: line.offset }) }];
}

function itemReader(layout: "array" | "sequence", context: LogContext): RecordReader {
  const items = new JsonItems(layout, limits.eventBytes);
  let ordinal = 0;
  const read = (found: readonly JsonItem[]): ReadRecord[] =>
    found.map((item) => {
      ordinal += 1;
      return { line: ordinal, offset: item.offset, ...itemEvent(item, context) };
    });
  return { push: (chunk) => read(items.push(chunk)), end: () => read(items.end()) };
}

type Outcome = { readonly event: AuditEvent } | { readonly fault: RecordFault };

function itemEvent({ bytes, fault, offset, line }: JsonItem, context: LogContext): Outcome {
  if (fault !== undefined) return { fault: { code: "malformed_json", detail: `Line ${line}: ${fault}` } };
  if (bytes === undefined) return { fault: tooLarge };
  const text = textOf(bytes);
  return typeof text === "string" ? jsonEvent(text, offset, context) : { fault: text };
}

function textOf(bytes: Buffer): string | RecordFault {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof AuditFlowError) return { code: error.code, detail: error.message };
    throw error;
  }
}

function jsonEvent(text: string, offset: number, context: LogContext): Outcome {
  const item = decodeItem(text);
  if ("fault" in item) return { fault: item.fault };
  if (isForeign(item)) return foreignEvent(item, offset, context);
  const { source, receivedAt, logsource } = context;
  return toEvent(item, 0, {
    receivedAt,
    source,
    ...(logsource === undefined ? {} : { logsource }),
    newId: () => eventIdOf({ source, position: offset, text }),
  });
}

/** A record of another product, rather than an audit event with a fault: it has none of the names that only ours have. */
function isForeign({ value }: StrictItem): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return ["source_service", "server_hostname", "action_result"].every((name) => !Object.hasOwn(value, name));
}

function foreignEvent(item: StrictItem, position: number, context: LogContext): Outcome {
  const { logsource } = context;
  if (logsource === undefined) return { fault: unknownRecord };
  return wrapRecord(item, { ...context, position, logsource });
}

const unknownRecord: RecordFault = {
  code: "invalid_event",
  detail: "This is no audit event: if it is a record of another product, name its logsource",
};
