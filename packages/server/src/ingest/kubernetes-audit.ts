import { AuditFlowError, limits } from "@auditflow/contracts";
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { formatTimestamp } from "../telemetry/clock.ts";
import { explainSyntax } from "./json-guard.ts";
import type { IntakeRecord } from "./normalize-event.ts";
import type { RecordFault } from "./record-fault.ts";
import { decodeStrict, decodeUtf8, type StrictItem } from "./strict-json.ts";
import { type TakenBody, takenItems } from "./take-body.ts";
import { wrapRecord } from "./wrap-record.ts";

/** The names of the Sigma taxonomy for what an API server of Kubernetes writes. */
const logsource = { product: "kubernetes", category: "application", service: "audit" } as const;

const source = "kubernetes-audit";

/**
 * Reads what the audit webhook of an API server posts: an `EventList` of audit.k8s.io/v1 (kubernetes.io, "Auditing",
 * webhook backend). Each item becomes an event whose `details` is the item untouched. Its id is made of `auditID`,
 * stage and text, so that a batch that is posted again gives the same events.
 * @throws AuditFlowError invalid_utf8, malformed_json, too_large, or invalid_event when it is no such list.
 */
export function takeEventList(body: Uint8Array, now: number): TakenBody {
  const text = decodeUtf8(body);
  const { items } = decodeStrict(itemsText(text), limits.batchEvents);
  if (items.length === 0) throw new AuditFlowError("invalid_event", "/items holds no event");
  const receivedAt = formatTimestamp(now);
  return takenItems(items, {
    read: (item) => toRecord(item, receivedAt),
    pointer: (index) => `/items/${index}`,
  });
}

/** The exact text of the array of items, so that each keeps its own. */
function itemsText(text: string): string {
  const list = parsed(text);
  const [group] = String(list.apiVersion).split("/");
  if (list.kind !== "EventList" || group !== "audit.k8s.io" || !Array.isArray(list.items)) {
    throw new AuditFlowError(
      "invalid_event",
      "This is no EventList of audit.k8s.io: only the audit webhook of a Kubernetes API server sends to this address",
    );
  }
  const tree = parseTree(text);
  const items = tree && findNodeAtLocation(tree, ["items"]);
  return items === undefined ? "[]" : text.slice(items.offset, items.offset + items.length);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    throw new AuditFlowError("malformed_json", explainSyntax(text));
  }
}

function toRecord(item: StrictItem, receivedAt: string): IntakeRecord | { readonly fault: RecordFault } {
  const { auditID, stage } = Object(item.value) as Readonly<Record<string, unknown>>;
  if (typeof auditID !== "string" || auditID === "") return { fault: withoutId };
  const position = `${auditID}:${String(stage)}`;
  const outcome = wrapRecord(item, { receivedAt, source, position, logsource, timeZone: "UTC" });
  if ("fault" in outcome) return outcome;
  return { record: outcome.event, eventId: outcome.event.event_id, legacyTimestamp: false };
}

const withoutId: RecordFault = {
  code: "invalid_event",
  detail: "/auditID is missing",
  errors: [{ pointer: "/auditID", detail: "is missing" }],
};
