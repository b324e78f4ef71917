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
  const reader = readerFor(head);
  for await (const chunk of whole)
    yield { records: reader.push(chunk, contextOf(options)), bytesRead: bytesRead() };
  const words = damage();
  const last: ReadRecord[] =
    words === undefined ? [] : [{ line: 0, offset: 0, fault: { code: "invalid_event", detail: words } }];
  yield { records: [...reader.end(contextOf(options)), ...last], bytesRead: bytesRead() };
}

const sniffedBytes = 64 * 1024;

/** How long a stream may be silent, in milliseconds, before it is read with what it has given. */
const patience = 100;

/** What is the same for all records that are read together. */
interface LogContext extends ReadOptions {
  readonly receivedAt: string;
}

function contextOf(options: ReadOptions): LogContext {
  const now = options.clock?.now() ?? options.now;
  return { ...options, now, receivedAt: formatTimestamp(now) };
}

interface RecordReader {
  push(chunk: Buffer, context: LogContext): ReadRecord[];
  end(context: LogContext): ReadRecord[];
}

function readerFor(head: Buffer): RecordReader {
  const text = head.toString("utf8").replace(/^\ufeff?[ \t\r\n]*/, "");
  if (/^\[[ \t\r\n]*[{\]]/.test(text)) return itemReader("array");
  if (!text.startsWith("{")) return lineReader(false);
  return looksLikeLines(text) ? lineReader(true) : itemReader("sequence");
}

type TextLine = Line<string | RecordFault>;

function lineReader(isJson: boolean): RecordReader {
  const lines = new SplitLines(limits.eventBytes, textOf);
  const read = (found: readonly TextLine[], context: LogContext): ReadRecord[] => {
    const records: ReadRecord[] = [];
    for (const line of found) {
      const outcome = readLine(line, isJson, context);
      if (outcome !== undefined) records.push(recordOf(line.line, line.offset, outcome));
    }
    return records;
  };
  return {
    push: (chunk, context) => read(lines.push(chunk), context),
    end: (context) => read(lines.end(), context),
  };
}

type Outcome = { readonly event: AuditEvent } | { readonly fault: RecordFault };

// Written out, because a spread for each record of a log costs as much as cutting it into lines.
function recordOf(line: number, offset: number, outcome: Outcome): ReadRecord {
  return "event" in outcome ? { line, offset, event: outcome.event } : { line, offset, fault: outcome.fault };
}

/** undefined: the line is blank. */
function readLine({ content, offset }: TextLine, isJson: boolean, context: LogContext): Outcome | undefined {
  if (content === undefined) return { fault: tooLarge };
  if (typeof content !== "string") return { fault: content };
  const trimmed = trimSpace(content);
  if (trimmed === "") return undefined;
  if (isJson || trimmed.startsWith("{")) return jsonEvent(trimmed, offset, context);
  return textEvent(content, offset, context);
}

function itemReader(layout: "array" | "sequence"): RecordReader {
  const items = new JsonItems(layout, limits.eventBytes);
  let ordinal = 0;
  const read = (found: readonly JsonItem[], context: LogContext): ReadRecord[] =>
    found.map((item) => {
      ordinal += 1;
      return recordOf(ordinal, item.offset, itemEvent(item, context));
    });
  return {
    push: (chunk, context) => read(items.push(chunk), context),
    end: (context) => read(items.end(), context),
  };
}

function itemEvent({ bytes, fault, offset, line }: JsonItem, context: LogContext): Outcome {
  if (fault !== undefined) return { fault: { code: "malformed_json", detail: `Line ${line}: ${fault}` } };
  if (bytes === undefined) return { fault: tooLarge };
  const text = textOf(bytes);
  return typeof text === "string" ? jsonEvent(text, offset, context) : { fault: text };
}

/** Strict UTF-8, decoded once: bytes that are none become U+FFFD, so that only a text that holds it is looked at again. */
function textOf(bytes: Buffer, start = 0, end = bytes.length): string | RecordFault {
  const text = bytes.toString("utf8", start, end);
  if (!text.includes("\ufffd")) return text;
  try {
    return decodeUtf8(bytes.subarray(start, end));
  } catch (error) {
    if (error instanceof AuditFlowError) return { code: error.code, detail: error.message };
    throw error;
  }
}

function jsonEvent(text: string, offset: number, context: LogContext): Outcome {
  const item = decodeItem(text);
  if ("fault" in item) return { fault: item.fault };
  if (isForeign(item, context.logsource)) return foreignEvent(item, offset, context);
  const { source, receivedAt, logsource } = context;
  return toEvent(item, 0, {
    receivedAt,
    source,
    ...(logsource === undefined ? {} : { logsource }),
    newId: () => eventIdOf({ source, position: offset, text }),
  });
}

/**
 * A record of another product, rather than an audit event with a fault: it has none of the names that only ours have. Where
 * a logsource says that records are of another product, it may have some of them.
 */
function isForeign({ value }: StrictItem, logsource: Logsource | undefined): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const lacks = (name: string): boolean => !Object.hasOwn(value, name);
  const names = ["source_service", "server_hostname", "action_result"];
  return logsource === undefined ? names.every(lacks) : names.some(lacks);
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
