import { createHash } from "node:crypto";
import type { IntakeItem } from "@auditflow/contracts";
import {
  type AuditEvent,
  AuditFlowError,
  type ErrorCode,
  type FieldFault,
  limits,
} from "@auditflow/contracts";
import { formatTimestamp } from "../telemetry/clock.ts";
import type { JsonText } from "../transport/transport.ts";
import { eventIdOf } from "./event-id.ts";
import { type IntakeContext, type IntakeRecord, toRecord } from "./normalize-event.ts";
import type { RecordFault } from "./record-fault.ts";
import { type DecodedItem, decodeStrict, type StrictItem } from "./strict-json.ts";

/** What a request brought: events to publish, and what to tell the sender about each. */
export interface TakenBody {
  readonly events: readonly (AuditEvent | JsonText)[];
  /** One per event of the body, in its order. */
  readonly items: readonly IntakeItem[];
  /** Where in the body the nth event stands, as a JSON Pointer. */
  readonly pointer: (index: number) => string;
  readonly legacyTimestamps: number;
}

/**
 * Reads the body of a request. An event without an id gets the hash of the whole body, its index and its text: the
 * same request sent again has the same ids, and equal events of one request stay apart. Two equal requests with one
 * event each are one event; who means two gives them ids.
 * @throws AuditFlowError too_large for too many bytes or events; invalid_utf8 or malformed_json for the whole body.
 */
export function takeBody(body: Uint8Array, now: number): TakenBody {
  if (body.length > limits.batchBytes) {
    throw new AuditFlowError(
      "too_large",
      `The body has ${body.length} bytes; at most ${limits.batchBytes} are taken`,
    );
  }
  const decoded = decodeStrict(body, limits.batchEvents);
  if (decoded.items.length === 0) {
    throw new AuditFlowError("malformed_json", "The body holds no event: send at least one");
  }
  const context = contextOf(body, now);
  return takenItems(decoded.items, {
    read: (item, index) => toRecord(item, index, context),
    pointer: (index) => (decoded.shape === "object" ? "" : `/${index}`),
  });
}

/** How the items of a body become events, and where they stand in it. */
interface ItemReader extends Pick<TakenBody, "pointer"> {
  readonly read: (item: StrictItem, index: number) => IntakeRecord | { readonly fault: RecordFault };
}

/** Makes an event of each item that can be one; the others harm no neighbour. */
export function takenItems(decoded: readonly DecodedItem[], { read, pointer }: ItemReader): TakenBody {
  const events: (AuditEvent | JsonText)[] = [];
  const items: IntakeItem[] = [];
  let legacyTimestamps = 0;
  for (const item of decoded) {
    const index = items.length;
    const outcome = "fault" in item ? item : read(item, index);
    if ("fault" in outcome) {
      items.push(rejected(index, outcome.fault, item.line));
      continue;
    }
    events.push(outcome.record);
    items.push({ index, status: "accepted", event_id: outcome.eventId });
    if (outcome.legacyTimestamp) legacyTimestamps += 1;
  }
  return { events, items, pointer, legacyTimestamps };
}

function contextOf(body: Uint8Array, now: number): IntakeContext {
  let digest: string | undefined;
  return {
    receivedAt: formatTimestamp(now),
    source: "http",
    newId: (text, index) => {
      digest ??= createHash("sha256").update(body).digest("hex");
      return eventIdOf({ source: "http", position: `${digest}:${index}`, text });
    },
  };
}

function rejected(
  index: number,
  { code, detail, errors }: RecordFault,
  line: number | undefined,
): IntakeItem {
  return {
    index,
    status: "rejected",
    code,
    detail: line === undefined ? detail : `Line ${line} of the body: ${detail}`,
    ...(errors === undefined || errors.length === 0 ? {} : { errors: [...errors] }),
  };
}

/** The numbers of refused events by code. */
export function rejections(items: readonly IntakeItem[]): Map<ErrorCode, number> {
  const counts = new Map<ErrorCode, number>();
  for (const { code } of items) {
    if (code !== undefined) counts.set(code as ErrorCode, (counts.get(code as ErrorCode) ?? 0) + 1);
  }
  return counts;
}

// A problem is read by a person; the rest is more of the same.
const maxFaults = 100;

/** The refusal of a request of which nothing was accepted: JSON Pointers lead to each fault in the body. */
export function refusalOf({ items, pointer }: TakenBody): AuditFlowError {
  if (items.length === 0)
    return new AuditFlowError("malformed_json", "The body holds no event: send at least one");
  const [code, ...others] = rejections(items).keys();
  const faults = items.flatMap((item) => faultsOf(item, pointer(item.index))).slice(0, maxFaults);
  const [only] = items;
  const message = items.length === 1 ? only!.detail! : `None of the ${items.length} events was accepted`;
  return new AuditFlowError(others.length === 0 ? code! : "invalid_event", message, { faults });
}

function faultsOf({ detail, errors }: IntakeItem, prefix: string): FieldFault[] {
  if (errors === undefined) return [{ pointer: prefix, detail: detail! }];
  return errors.map((fault) => ({ pointer: prefix + fault.pointer, detail: fault.detail }));
}
