import type { AuditEvent, Logsource } from "@auditflow/contracts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { clip } from "./clip.ts";
import type { RecordFault } from "./record-fault.ts";
import type { StrictItem } from "./strict-json.ts";
import { parseTimestamp } from "./timestamp.ts";
import { UnnamedEvent } from "./unnamed-event.ts";

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
  const { source, position, logsource, receivedAt } = context;
  const places = placesIn(record);
  const text = (field: Field, limit = 256): string => clip(firstText(record, places[field]), limit);
  const time = timeOf(record, places.time, context.timeZone);
  if (typeof time === "object") return { fault: time };
  const event = new UnnamedEvent(
    { source, position, text: item.text },
    {
      timestamp: time === undefined ? receivedAt : formatTimestamp(time),
      source_service: text("service") || serviceOf(logsource),
      server_hostname: text("host") || "unknown",
      event_type: eventTypeOf(text("eventType"), record),
      severity: "INFO",
      user_id: text("user", 1024),
      action_result: text("result") || resultOf(record),
      client_ip: text("clientIp") || undefined,
      resource: text("resource", 8192) || undefined,
      logsource,
      details: record,
      raw: item.canonical ? undefined : item.text,
      received_at: receivedAt,
      source: clip(source, 4096),
    },
  );
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
  result: ["action_result", "outcome.result", "result", "ResultStatus", "outcome", "status"],
} as const;

type Field = keyof typeof fields;

/** A path that may lead to a field: the flat key first, then name by name. */
interface Place {
  readonly field: Field;
  /** The less, the more telling. */
  readonly rank: number;
  readonly path: string;
  readonly names: readonly string[];
}

function placeOf(field: Field, rank: number, path: string): Place {
  return { field, rank, path, names: path.split(".") };
}

const allPlaces = (Object.keys(fields) as Field[]).flatMap((field) =>
  fields[field].map((path, rank) => placeOf(field, rank, path)),
);

/** By each name that a record must have to have the place. */
const placesByName = Map.groupBy(
  allPlaces.flatMap((place) => [...new Set([place.path, place.names[0]!])].map((name) => ({ name, place }))),
  ({ name }) => name,
);

const noPlaces = (): Record<Field, Place[]> => ({
  time: [],
  eventType: [],
  service: [],
  host: [],
  user: [],
  clientIp: [],
  resource: [],
  result: [],
});

type Places = Readonly<Record<Field, readonly Place[]>>;

/** The places that the record may have. It has a few names and there are many places, so its names are looked up. */
function placesIn(record: Readonly<Record<string, unknown>>): Places {
  const found = noPlaces();
  for (const name of Object.keys(record)) {
    for (const { place } of placesByName.get(name) ?? []) found[place.field].push(place);
  }
  for (const places of Object.values(found)) if (places.length > 1) places.sort((a, b) => a.rank - b.rank);
  return found;
}

function serviceOf({ service, product, category }: Logsource): string {
  return service ?? product ?? category ?? "unknown";
}

function eventTypeOf(found: string, record: Readonly<Record<string, unknown>>): string {
  if (found === "") return "record";
  return /^\d+$/.test(found) && record.eventName === undefined ? `event_${found}` : found;
}

function firstText(record: Readonly<Record<string, unknown>>, places: readonly Place[]): string {
  for (const place of places) {
    const found = valueAt(record, place);
    const value = Array.isArray(found) ? found[0] : found;
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "";
}

/** The flat key first, then the path, own properties only. */
function valueAt(
  record: Readonly<Record<string, unknown>>,
  { path, names }: Pick<Place, "path" | "names">,
): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let value: unknown = record;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** The record's time; undefined when it tells none; a fault when what it tells cannot be. */
function timeOf(
  record: Readonly<Record<string, unknown>>,
  places: readonly Place[],
  timeZone: string,
): number | RecordFault | undefined {
  let impossible: RecordFault | undefined;
  for (const place of places) {
    const { path } = place;
    const value = valueAt(record, place);
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

/** For a record that names no result. */
function resultOf(record: Readonly<Record<string, unknown>>): string {
  const code = valueAt(record, responseCode);
  if (typeof code === "number") return code < 400 ? "SUCCESS" : "FAILURE";
  return record["errorCode"] === undefined ? "" : "FAILURE";
}

const responseCode = { path: "responseStatus.code", names: ["responseStatus", "code"] };
