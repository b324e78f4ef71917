import type { AuditEvent, Logsource } from "@auditflow/contracts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { clip } from "./clip.ts";
import { eventIdOf } from "./event-id.ts";
import type { RecordFault } from "./record-fault.ts";
import type { StrictItem } from "./strict-json.ts";
import { parseTimestamp } from "./timestamp.ts";

/** What is known of a foreign record besides itself. */
export interface WrapContext {
  /** RFC 3339, milliseconds, Z: also the event's time when the record tells none. */
  readonly receivedAt: string;
  readonly source: string;
  /** Where in the source it stands. */
  readonly position: number | string;
  readonly logsource: Logsource;
  /** Zone of times that name none. */
  readonly timeZone: string;
}

/** An event, or why the record is none. */
export type Wrapped = { readonly event: AuditEvent } | { readonly fault: RecordFault };

/**
 * Makes an audit event of a record of another product: `details` is the record untouched, so that rules read its own
 * field names; the envelope is filled from the fields such records usually have, as far as they are there. Refused is
 * a record whose only time is a date that does not exist.
 */
export function wrapRecord(item: StrictItem, context: WrapContext): Wrapped {
  const record = item.value as Readonly<Record<string, unknown>>;
  const text = (names: readonly string[], limit = 256): string => clip(firstText(record, names), limit);
  const time = timeOf(record, context.timeZone);
  if (typeof time === "object") return { fault: time };
  const clientIp = text(fields.clientIp);
  const resource = text(fields.resource, 8192);
  const event: AuditEvent = {
    event_id: eventIdOf({ source: context.source, position: context.position, text: item.text }),
    timestamp: time === undefined ? context.receivedAt : formatTimestamp(time),
    source_service: text(fields.service) || serviceOf(context.logsource),
    server_hostname: text(fields.host) || "unknown",
    event_type: eventTypeOf(text(fields.eventType), record),
    severity: "INFO",
    user_id: text(fields.user, 1024),
    action_result: resultOf(record),
    ...(clientIp === "" ? {} : { client_ip: clientIp }),
    ...(resource === "" ? {} : { resource }),
    logsource: context.logsource,
    details: record,
    ...(item.canonical ? {} : { raw: item.text }),
    received_at: context.receivedAt,
    source: clip(context.source, 4096),
  };
  return { event };
}

/** Where records of common products keep what the envelope names: paths, the more telling first. */
const fields = {
  time: [
    ...[
      "timestamp",
      "@timestamp",
      "time",
      "eventTime",
      "requestReceivedTimestamp",
      "stageTimestamp",
      "published",
    ],
    ...["UtcTime", "EventTime", "TimeCreated", "SystemTime", "Event.System.TimeCreated.SystemTime"],
    ...["Event.System.TimeCreated.@SystemTime", "Event.System.TimeCreated.#attributes.SystemTime"],
    ...["activityDateTime", "createdDateTime", "CreationTime", "date", "ts"],
  ],
  eventType: [
    ...[
      "event_type",
      "eventName",
      "eventType",
      "protoPayload.methodName",
      "verb",
      "operationName",
      "Operation",
    ],
    ...["EventID", "event_id", "Event.System.EventID", "Event.System.EventID.#text", "action", "type"],
  ],
  service: [
    "source_service",
    "eventSource",
    "protoPayload.serviceName",
    "Provider_Name",
    "SourceName",
    "Channel",
  ],
  host: ["server_hostname", "Computer", "Event.System.Computer", "Hostname", "hostname", "host.name", "host"],
  user: [
    ...[
      "user_id",
      "userIdentity.arn",
      "userIdentity.userName",
      "user.username",
      "user.name",
      "actor.alternateId",
    ],
    ...[
      "protoPayload.authenticationInfo.principalEmail",
      "TargetUserName",
      "SubjectUserName",
      "User",
      "UserId",
    ],
    ...["user", "username", "actor"],
  ],
  clientIp: [
    ...["client_ip", "sourceIPAddress", "sourceIPs", "client.ipAddress", "IpAddress", "SourceIp", "ClientIP"],
    ...["protoPayload.requestMetadata.callerIp", "src_ip", "remote_addr", "actor_ip"],
  ],
  resource: [
    "resource",
    "requestURI",
    "protoPayload.resourceName",
    "TargetFilename",
    "ObjectName",
    "ObjectId",
  ],
} as const;

function serviceOf({ service, product, category }: Logsource): string {
  return service ?? product ?? category ?? "unknown";
}

function eventTypeOf(found: string, record: Readonly<Record<string, unknown>>): string {
  if (found === "") return "record";
  return /^\d+$/.test(found) && record.eventName === undefined ? `event_${found}` : found;
}

function firstText(record: Readonly<Record<string, unknown>>, paths: readonly string[]): string {
  for (const path of paths) {
    const found = valueAt(record, path);
    const value = Array.isArray(found) ? found[0] : found;
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "";
}

/** The flat key first, then the path, own properties only. */
function valueAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let value: unknown = record;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** The record's time; undefined when it tells none; a fault when what it tells cannot be. */
function timeOf(
  record: Readonly<Record<string, unknown>>,
  timeZone: string,
): number | RecordFault | undefined {
  let impossible: RecordFault | undefined;
  for (const path of fields.time) {
    const value = valueAt(record, path);
    const moment = momentOf(value, path === "UtcTime" ? "UTC" : timeZone);
    if (typeof moment === "number") return moment;
    if (moment !== undefined) impossible ??= timeFault(path, String(value), moment.fault);
  }
  return impossible;
}

function timeFault(path: string, value: string, why: string): RecordFault {
  const detail = `"${clip(value, 64)}" ${why}`;
  const pointer = `/${path.replaceAll(".", "/")}`;
  return { code: "invalid_event", detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] };
}

/** Only what begins like a date is meant as a time that can be wrong. */
function momentOf(value: unknown, timeZone: string): number | { readonly fault: string } | undefined {
  if (typeof value === "number") return epochMilliseconds(value);
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}/.test(value)) return undefined;
  const moment = parseTimestamp(value, timeZone);
  return "fault" in moment ? moment : moment.at;
}

/** Seconds, milliseconds, micro- or nanoseconds, told apart by their size: each stands for the years 1973 to 5138. */
function epochMilliseconds(value: number): number | undefined {
  if (value < 1e8 || value >= 1e20) return undefined;
  const unit = [1e11, 1e14, 1e17].findIndex((limit) => value < limit);
  return Math.floor(value * (unit === 0 ? 1000 : unit === 1 ? 1 : unit === 2 ? 1e-3 : 1e-6));
}

function resultOf(record: Readonly<Record<string, unknown>>): string {
  const told = firstText(record, [
    "action_result",
    "outcome.result",
    "result",
    "ResultStatus",
    "outcome",
    "status",
  ]);
  if (told !== "") return clip(told, 256);
  const code = valueAt(record, "responseStatus.code");
  if (typeof code === "number") return code < 400 ? "SUCCESS" : "FAILURE";
  return valueAt(record, "errorCode") === undefined ? "" : "FAILURE";
}
