import {
  type ActionRequest,
  AuditFlowError,
  type BulkActionRequest,
  type FieldFault,
} from "@auditflow/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { uuidv7 } from "uuidv7";
import type { Act } from "../alerts/act.ts";
import { type Answer, answerOnce } from "../alerts/idempotency.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";

/** What routes that decide about alerts are made with. */
export interface DecisionOptions {
  readonly database: Database;
  readonly clock: Clock;
}

/** Longest assignee, in UTF-16 units, once trimmed. */
const longestAssignee = 256;

/**
 * The action of a body that fits its schema, the assignee trimmed.
 * @throws AuditFlowError invalid_request with a fault for each field that the action lacks or has no use for, and for
 * text that cannot be kept.
 */
export function decisionOf(body: ActionRequest): ActionRequest {
  const { action, reason, note } = body;
  const assignee = typeof body.assignee === "string" ? body.assignee.trim() : body.assignee;
  const faults = [
    ...presence("reason", { isGiven: reason !== undefined, action, of: "close" }),
    ...presence("assignee", { isGiven: assignee !== undefined, action, of: "assign" }),
    ...(action === "note" && note === undefined
      ? [{ pointer: "/note", detail: "is needed for `note`" }]
      : []),
    ...textFaults("/note", note),
    ...textFaults("/assignee", assignee ?? undefined),
    ...(assignee === "" ? [{ pointer: "/assignee", detail: "is blank; null is nobody" }] : []),
  ];
  if (faults.length > 0) throw refusal(faults);
  return {
    action,
    ...(reason === undefined ? {} : { reason }),
    ...(assignee === undefined ? {} : { assignee }),
    ...(note === undefined ? {} : { note }),
  };
}

interface Presence {
  readonly isGiven: boolean;
  readonly action: string;
  /** The action that the field belongs to. */
  readonly of: string;
}

function presence(field: string, { isGiven, action, of }: Presence): FieldFault[] {
  if (isGiven === (action === of)) return [];
  const detail = isGiven ? `is for \`${of}\` only, not for \`${action}\`` : `is needed for \`${of}\``;
  return [{ pointer: `/${field}`, detail }];
}

function textFaults(pointer: string, text: string | undefined): FieldFault[] {
  if (text === undefined) return [];
  if (text.includes("\0")) return [{ pointer, detail: "holds a NUL character, which cannot be kept" }];
  if (!text.isWellFormed()) return [{ pointer, detail: "holds a lone surrogate, which is no Unicode text" }];
  return pointer === "/assignee" && text.length > longestAssignee
    ? [{ pointer, detail: `is longer than ${longestAssignee} characters` }]
    : [];
}

/** Either a list of ids or a selection. @throws AuditFlowError invalid_request for both or neither. */
export function checkMeant({ alert_ids, selection }: BulkActionRequest): void {
  if ((alert_ids === undefined) !== (selection === undefined)) return;
  const detail = alert_ids === undefined ? "give this or `selection`" : "give this or `selection`, not both";
  throw refusal([{ pointer: "/alert_ids", detail }]);
}

function refusal(faults: readonly FieldFault[]): AuditFlowError {
  const detail = faults.map(({ pointer, detail: said }) => `${pointer} ${said}`).join("; ");
  return new AuditFlowError("invalid_request", detail, { faults });
}

type WriteRequest = Pick<FastifyRequest, "caller" | "method" | "url" | "body" | "headers">;

/**
 * Answers a write: does `work` in one snapshot transaction together with what its Idempotency-Key is remembered by,
 * and gives the answer, or the one that an earlier request with the key got.
 */
export async function answerWrite(
  { request, reply }: { readonly request: WriteRequest; readonly reply: FastifyReply },
  { database, clock }: DecisionOptions,
  work: (transaction: Transaction, by: Act["deed"]) => Promise<Answer>,
): Promise<unknown> {
  const by = { operation_id: uuidv7(), at: clock.now(), who: request.caller };
  const { method, url, body } = request;
  const key = request.headers["idempotency-key"];
  const asked = {
    key: typeof key === "string" ? key : undefined,
    who: by.who,
    method,
    url,
    body,
    now: by.at,
  };
  const answer = await database.write(
    (transaction) => answerOnce(transaction, asked, () => work(transaction, by)),
    { snapshot: true },
  );
  reply.headers({ ...answer.headers, ...(answer.replayed ? { "idempotency-replayed": "true" } : {}) });
  return answer.body;
}
