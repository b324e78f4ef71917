import { AuditEvent, defaultLogsource, type FieldFault, type Logsource } from "@auditflow/contracts";
import { Ajv, type ErrorObject } from "ajv";
import { JsonText } from "../transport/transport.ts";
import { pointerOf } from "./json-guard.ts";
import type { RecordFault } from "./record-fault.ts";
import type { StrictItem } from "./strict-json.ts";
import { parseTimestamp, writtenForm } from "./timestamp.ts";

/** What intake knows of all records of one request, message or file. */
export interface IntakeContext {
  /** RFC 3339, milliseconds, Z. */
  readonly receivedAt: string;
  /** Which intake brings it; an event that names a source, such as one a forwarder read from a file, keeps it. */
  readonly source: string;
  /** For events that name none; by default what their event_type suggests. */
  readonly logsource?: Logsource;
  /** Makes the id of an event that has none, from its exact text and its index. */
  readonly newId: (text: string, index: number) => string;
}

/** An event as every later stage sees it. */
export interface NormalizedEvent {
  readonly event: AuditEvent;
  readonly legacyTimestamp: boolean;
}

/** An event, or why the value is none. */
export type Normalized = NormalizedEvent | { readonly fault: RecordFault };

/**
 * Makes an audit event of a decoded object: the timestamp in the one written form, the id in lower case, what intake
 * adds. The value is left as it is. An event without an id gets one; `received_at` is always ours. Where anything the
 * sender wrote is rewritten, or writing it again would change it, `raw` keeps the sender's text; a `raw` that came
 * with the event is the older original and stays.
 */
export function toEvent(item: StrictItem, index: number, context: IntakeContext): Normalized {
  const { value } = item;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { fault: notAnObject };
  const sent = value as Readonly<Record<string, unknown>>;
  if (typeof sent.timestamp !== "string") return { fault: faultOf(sent, undefined) };
  const moment = parseTimestamp(sent.timestamp);
  if ("fault" in moment) return { fault: faultOf(sent, moment.fault) };
  const timestamp = writtenForm(sent.timestamp, moment);
  const eventId = sent.event_id === undefined ? context.newId(item.text, index) : lowerCased(sent.event_id);
  const isRewritten =
    timestamp !== sent.timestamp ||
    (sent.event_id !== undefined && eventId !== sent.event_id) ||
    sent.received_at !== undefined;
  const event: Record<string, unknown> = {
    ...sent,
    event_id: eventId,
    timestamp,
    received_at: context.receivedAt,
  };
  if (sent.source === undefined) event.source = context.source;
  if (sent.logsource === undefined)
    event.logsource = context.logsource ?? defaultLogsource(String(sent.event_type));
  if ((isRewritten || !item.canonical) && sent.raw === undefined) event.raw = item.text;
  if (validate(event)) return { event: event as AuditEvent, legacyTimestamp: moment.legacy };
  return { fault: invalid(fieldFaults()) };
}

/** An event on its way to the transport: its id, and the event itself or its JSON text. */
export interface IntakeRecord {
  readonly record: AuditEvent | JsonText;
  readonly eventId: string;
  readonly legacyTimestamp: boolean;
}

/**
 * As `toEvent`, for an event that is only passed on: when nothing the sender wrote has to change, its own text is
 * completed, which spares building and writing the event again.
 */
export function toRecord(
  item: StrictItem,
  index: number,
  context: IntakeContext,
): IntakeRecord | { readonly fault: RecordFault } {
  if (isInWrittenForm(item)) return completedText(item, context);
  const outcome = toEvent(item, index, context);
  if ("fault" in outcome) return outcome;
  const { event, legacyTimestamp } = outcome;
  return { record: event, eventId: event.event_id, legacyTimestamp };
}

type Sent = Readonly<Record<string, unknown>>;

/** Whether intake has only to add to it. */
function isInWrittenForm(item: StrictItem): item is StrictItem & { readonly value: Sent } {
  const { value, canonical } = item;
  if (!canonical || typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { event_id, timestamp, received_at } = value as Sent;
  if (typeof event_id !== "string" || typeof timestamp !== "string" || received_at !== undefined)
    return false;
  if (event_id !== event_id.toLowerCase()) return false;
  const moment = parseTimestamp(timestamp);
  return !("fault" in moment) && writtenForm(timestamp, moment) === timestamp;
}

function completedText(
  { value, text }: StrictItem & { readonly value: Sent },
  context: IntakeContext,
): IntakeRecord | { readonly fault: RecordFault } {
  // What is added is valid by itself, so that this is the check of the whole event.
  if (!validate(value)) return { fault: invalid(fieldFaults()) };
  let added = `,"received_at":"${context.receivedAt}"`;
  if (value.source === undefined) added += `,"source":${JSON.stringify(context.source)}`;
  if (value.logsource === undefined)
    added += `,"logsource":${JSON.stringify(context.logsource ?? defaultLogsource(value.event_type))}`;
  return {
    record: new JsonText(`${text.slice(0, -1)}${added}}`),
    eventId: value.event_id,
    legacyTimestamp: false,
  };
}

const notAnObject: RecordFault = { code: "invalid_event", detail: "An audit event is an object", errors: [] };

function lowerCased(id: unknown): unknown {
  return typeof id === "string" ? id.toLowerCase() : id;
}

const ajv = new Ajv({ allErrors: true, strict: false });
const validate = ajv.compile<AuditEvent>(AuditEvent);

/** Why a value is no audit event although intake would have completed it; undefined when it is one. */
export function checkEvent(event: unknown): RecordFault | undefined {
  return validate(event) ? undefined : invalid(fieldFaults());
}

/** All that is wrong with an event whose timestamp is unusable, not the timestamp alone. */
function faultOf(sent: Readonly<Record<string, unknown>>, timestampFault: string | undefined): RecordFault {
  const missing = sent.timestamp === undefined ? "is missing" : "must be a string";
  const timestamp = { pointer: "/timestamp", detail: timestampFault ?? missing };
  validate({ event_id: placeholderId, ...sent, timestamp: placeholderTime, received_at: placeholderTime });
  return invalid([timestamp, ...fieldFaults()]);
}

const placeholderId = "00000000-0000-0000-0000-000000000000";
const placeholderTime = "2000-01-01T00:00:00.000Z";

function invalid(errors: readonly FieldFault[]): RecordFault {
  const [first, ...others] = errors;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const detail =
    first === undefined ? "The object is not an audit event" : `${first.pointer} ${first.detail}${more}`;
  return { code: "invalid_event", detail, errors };
}

// An object of the wrong kind is wrong in a few fields; more are of no use to anyone.
const maxFaults = 20;

function fieldFaults(): FieldFault[] {
  return (validate.errors ?? []).slice(0, maxFaults).map(fieldFault);
}

function fieldFault({ keyword, instancePath, params, message }: ErrorObject): FieldFault {
  if (keyword === "required") {
    return { pointer: instancePath + pointerOf([String(params.missingProperty)]), detail: "is missing" };
  }
  const allowed = keyword === "enum" ? `: ${(params.allowedValues as unknown[]).join(", ")}` : "";
  return { pointer: instancePath, detail: `${message ?? "is not valid"}${allowed}` };
}
