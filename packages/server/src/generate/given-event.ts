import {
  AuditEvent,
  AuditFlowError,
  defaultLogsource,
  type FieldFault,
  limits,
  timestampPattern,
} from "@auditflow/contracts";
import Type from "typebox";
import { uuidv7 } from "uuidv7";
import { formatTimestamp } from "../telemetry/clock.ts";
import { eventSource, sourceService } from "./event-template.ts";
import { compileCheck, pointerOf } from "./strict-check.ts";

const { event_type, ...optional } = AuditEvent.properties;

/** Body of `POST /api/v1/generator/events`: an audit event of which only the type must be given. */
export const GivenEvent = Type.Object(
  { event_type, ...Type.Partial(Type.Object(optional)).properties },
  {
    $id: "GivenEvent",
    additionalProperties: true,
    description: "An audit event; what is left out is filled in, what intake adds is always the generator's",
  },
);
export type GivenEvent = Type.Static<typeof GivenEvent>;

const faultsOf = compileCheck(AuditEvent);

/**
 * Makes a synthetic event of a given one: what is missing is filled in, always in the same way, so that events given
 * one after the other belong together. The id is in lower case; `received_at`, `source` and `synthetic` are ours.
 * @throws AuditFlowError `invalid_event` or `unsafe_json` that names each field at fault.
 */
export function completeGiven(given: unknown, now: number): AuditEvent {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new AuditFlowError("invalid_event", "An audit event is an object with at least event_type");
  const sent = given as Partial<AuditEvent>;
  refuseUnsafe(sent);
  const type = String(sent.event_type);
  const event = {
    event_id: uuidv7(),
    timestamp: formatTimestamp(now),
    source_service: sourceService,
    server_hostname: "prod-web-01",
    severity: sent.action_result === "FAILURE" ? "WARNING" : "INFO",
    user_id: "",
    action_result: usualResult.get(type) ?? "SUCCESS",
    logsource: defaultLogsource(type),
    ...sent,
    received_at: formatTimestamp(now),
    source: eventSource,
    synthetic: true,
  };
  if (typeof sent.event_id === "string") event.event_id = sent.event_id.toLowerCase();
  const faults = [...faultsOf(event), ...timeFaults(event.timestamp)];
  if (faults.length > 0) throw refusal("invalid_event", faults);
  return event as AuditEvent;
}

const usualResult: ReadonlyMap<string, string> = new Map([
  ["file_modified", "MODIFIED"],
  ["service_status_change", "STARTED"],
  ["user_account_management", "CREATED"],
]);

function refusal(code: "invalid_event" | "unsafe_json", faults: readonly FieldFault[]): AuditFlowError {
  const [first, ...others] = faults;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return new AuditFlowError(code, `${first!.pointer} ${first!.detail}${more}`, { faults });
}

/** The pattern knows nothing of calendars: 2026-02-30 fits it. */
function timeFaults(timestamp: unknown): FieldFault[] {
  if (typeof timestamp !== "string" || !writtenTime.test(timestamp)) return [];
  const at = Date.parse(timestamp);
  if (!Number.isNaN(at) && formatTimestamp(at) === timestamp) return [];
  return [{ pointer: "/timestamp", detail: "is a day or time that does not exist" }];
}

const writtenTime = new RegExp(timestampPattern);

/** What the stores behind cannot keep as it is must not come in here either. */
function refuseUnsafe(event: object): void {
  const faults: FieldFault[] = [];
  look(event, { path: [], faults });
  if (faults.length > 0) throw refusal("unsafe_json", faults);
}

interface Looking {
  readonly path: readonly string[];
  readonly faults: FieldFault[];
}

function look(value: unknown, { path, faults }: Looking): void {
  const fault = (detail: string): void => void faults.push({ pointer: pointerOf(path), detail });
  if (typeof value === "string" && !isSafeText(value)) fault("holds NUL or half of a surrogate pair");
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value))
    fault("is an integer beyond 2^53: send it as a text");
  if (typeof value !== "object" || value === null) return;
  if (path.length >= limits.jsonDepth) {
    fault(`is nested deeper than ${limits.jsonDepth}`);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (!isSafeText(key)) fault("has a key that holds NUL or half of a surrogate pair");
    look(member, { path: [...path, key], faults });
  }
}

function isSafeText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
