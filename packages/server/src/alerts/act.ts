import {
  type ActionRequest,
  type AlertAction,
  type AlertDetail,
  type AlertStatus,
  AuditFlowError,
  type Operation,
} from "@auditflow/contracts";
import { type Expression, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Transaction } from "../database/database.ts";
import { isAllowed, refusalOf, transitions } from "./lifecycle.ts";
import {
  carryOut,
  type Deed,
  type Effect,
  type IncidentScope,
  recordOperation,
  writeHistory,
} from "./operation.ts";
import { checkUnchanged } from "./precondition.ts";
import { alertDetailOf, alertTag, triageColumns } from "./triage-of.ts";

/** An action, checked by `checkDecision`, and by whom and when it is done. */
export interface Act {
  readonly deed: Omit<Deed, "action" | "note">;
  readonly decision: ActionRequest;
}

/** Most alerts that one bulk action is about. */
const mostActedOn = 25_000;

/** Which alerts a bulk action means, and how many the caller knows them to be. */
export interface Meant {
  /** A condition on the rows of `alerts`; those that became part of another are never meant. */
  readonly where: Expression<SqlBool>;
  /** undefined: the caller named them one by one. */
  readonly expected: number | undefined;
}

/**
 * Acts on all alerts that are meant and not in a status from which the action is not allowed; those stay as they are,
 * as do those that are so already, unless the action has a note, which they take. In a snapshot transaction; a
 * constant number of statements.
 * @throws AuditFlowError state_conflict when they are another number than expected, invalid_request when they are more
 * than 25,000; then nothing is changed.
 */
export async function actOnMany(
  transaction: Transaction,
  { where, expected }: Meant,
  act: Act,
): Promise<Operation> {
  const { matched } = await transaction.db
    .selectFrom("alerts")
    .where("merged_into", "is", null)
    .where(where)
    .select((eb) => eb.fn.countAll<number>().as("matched"))
    .executeTakeFirstOrThrow();
  if (expected !== undefined && matched !== expected) {
    const detail = `${matched} alerts match now, ${expected} were expected; nothing was changed`;
    throw new AuditFlowError("state_conflict", detail);
  }
  if (matched > mostActedOn) {
    const detail = `matches ${matched} alerts; ${mostActedOn} are the most that one action takes`;
    throw new AuditFlowError("invalid_request", detail, { faults: [{ pointer: "/selection", detail }] });
  }
  const changed = await change(transaction, { where, incident: null }, act);
  return await recordOperation(transaction, deedOf(act), { matched, changed });
}

/** An alert after an action, its ETag, and the operation by which the action can be undone. */
export interface ActedAlert {
  readonly alert: AlertDetail;
  readonly tag: string;
  readonly operation: Operation;
}

/**
 * Acts on one alert, its id in lower case; one that is so already stays as it is. In a snapshot transaction.
 * @throws AuditFlowError not_found, precondition_failed, or state_conflict when its status does not allow the action
 * or when it became part of another alert.
 */
export async function actOnOne(
  transaction: Transaction,
  { alertId, ifMatch }: { readonly alertId: string; readonly ifMatch: string | undefined },
  act: Act,
): Promise<ActedAlert> {
  const rows = transaction.db.selectFrom("alerts").where("alert_id", "=", alertId);
  const before = await rows.select(["revision", "merged_into", ...triageColumns]).executeTakeFirst();
  if (before === undefined) throw new AuditFlowError("not_found", `There is no alert ${alertId}`);
  checkUnchanged(ifMatch, alertTag(before));
  if (before.merged_into !== null) {
    const detail = `The alert became part of alert ${before.merged_into}: act on that one`;
    throw new AuditFlowError("state_conflict", detail);
  }
  checkStatus(act.decision, "The alert", before.status as AlertStatus);
  if (
    before.status === "closed" &&
    act.decision.action === "close" &&
    before.reason !== act.decision.reason
  ) {
    const detail = `The alert is closed already, as ${before.reason}: reopen it to close it for another reason`;
    throw new AuditFlowError("state_conflict", detail);
  }
  const where = sql<SqlBool>`alerts.alert_id = ${alertId}`;
  const changed = await change(transaction, { where, incident: null }, act);
  const operation = await recordOperation(transaction, deedOf(act), { matched: 1, changed });
  const after = await rows
    .select(["body", "revision", "traceparent", ...triageColumns])
    .executeTakeFirstOrThrow();
  return { alert: alertDetailOf(after), tag: alertTag(after), operation };
}

/** An incident that is acted on, and the status that the caller was shown. */
export interface IncidentMeant {
  readonly incidentId: string;
  readonly status: AlertStatus;
}

/**
 * Acts on all standing alerts of an incident; it gets a line of history of its own. In a snapshot transaction.
 * @throws AuditFlowError state_conflict when its status does not allow the action.
 */
export async function actOnIncident(
  transaction: Transaction,
  { incidentId, status }: IncidentMeant,
  act: Act,
): Promise<Operation> {
  checkStatus(act.decision, "The incident", status);
  const where = sql<SqlBool>`alerts.incident_id = ${incidentId}`;
  const { matched } = await transaction.db
    .selectFrom("alerts")
    .where("merged_into", "is", null)
    .where(where)
    .select((eb) => eb.fn.countAll<number>().as("matched"))
    .executeTakeFirstOrThrow();
  const changed = await change(transaction, { where, incident: incidentId }, act);
  return await recordOperation(transaction, deedOf(act), { matched, changed });
}

function checkStatus({ action }: ActionRequest, subject: string, status: AlertStatus): void {
  if (!isAllowed(action, status)) {
    throw new AuditFlowError("state_conflict", refusalOf(action, subject, status));
  }
}

function deedOf({ deed, decision }: Act): Deed {
  return { ...deed, action: decision.action, note: decision.note ?? null };
}

interface Scope extends Pick<IncidentScope, "incident"> {
  readonly where: Expression<SqlBool>;
}

/** Writes the history of what is to change, does it, and says how many alerts it was. */
async function change(
  transaction: Transaction,
  { where, incident }: Scope,
  act: Act,
): Promise<Effect["changed"]> {
  const deed = deedOf(act);
  const lines = linesOf(transaction, where, act.decision);
  const changed = await writeHistory(transaction, deed, lines);
  if (changed > 0) {
    await carryOut(transaction, deed, { incident, reopens: act.decision.action === "reopen" });
  }
  return changed;
}

/** The alerts that an action changes, with what it makes of them. */
function linesOf(
  { db }: Transaction,
  where: Expression<SqlBool>,
  decision: ActionRequest,
): RawBuilder<unknown> {
  const alerts = db
    .selectFrom("alerts")
    .where("merged_into", "is", null)
    .where(where)
    .where(changes(decision));
  const { status, assignee, reason } = outcomes(decision);
  return sql`${alerts.select([
    "alerts.alert_id",
    "alerts.version",
    "alerts.status as from_status",
    "alerts.assignee as from_assignee",
    "alerts.reason as from_reason",
    status.as("to_status"),
    assignee.as("to_assignee"),
    reason.as("to_reason"),
  ])}`;
}

/** Whether an action changes an alert: its status, its assignee, or what is written about it. */
function changes({ action, assignee = null, note }: ActionRequest): RawBuilder<SqlBool> {
  const { from, to } = transitions[action];
  const hasNote = note !== undefined;
  if (to === undefined) return hasNote ? sql`true` : sql`alerts.assignee is distinct from ${assignee}`;
  const statuses = hasNote ? [...from, to] : from;
  return sql`alerts.status in (${sql.join(statuses)})`;
}

type TextColumn = RawBuilder<string | null>;

/** What an action makes of the columns it is about; the others stay as they are. */
function outcomes({ action, assignee = null, reason }: ActionRequest) {
  const { to } = transitions[action];
  return {
    status: to === undefined ? sql<string | null>`alerts.status` : text(to),
    assignee: action === "assign" ? text(assignee) : sql<string | null>`alerts.assignee`,
    reason: reasons[action]?.(reason) ?? sql<string | null>`alerts.reason`,
  };
}

const reasons: Partial<Readonly<Record<AlertAction, (reason?: string) => TextColumn>>> = {
  reopen: () => text(null),
  // A closed alert that only takes a note keeps why it was closed.
  close: (reason = "other") =>
    sql`case when alerts.status = 'closed' then alerts.reason else ${text(reason)} end`,
};

/** A text of which both engines know that it is one. */
function text(value: string | null): TextColumn {
  return sql`cast(${value} as text)`;
}
