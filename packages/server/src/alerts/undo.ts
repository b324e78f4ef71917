import { AuditFlowError, type Operation } from "@auditflow/contracts";
import { sql } from "kysely";
import { type Transaction, WriteConflict } from "../database/database.ts";
import { carryOut, type Deed, recordOperation, writeHistory } from "./operation.ts";

/**
 * Takes an operation back, its id in lower case: every alert that nobody acted on since gets what it had before; the
 * others stay as they are and are counted in `matched` alone. It is an operation of its own, which is not undone. In
 * a snapshot transaction; a constant number of statements.
 * @throws AuditFlowError not_found, or state_conflict when the operation was undone or is an undo.
 */
export async function undo(
  transaction: Transaction,
  operationId: string,
  by: Omit<Deed, "action" | "note">,
): Promise<Operation> {
  const { db } = transaction;
  const known = await db
    .selectFrom("operations")
    .selectAll()
    .where("operation_id", "=", operationId)
    .executeTakeFirst();
  if (known === undefined) throw new AuditFlowError("not_found", `There is no operation ${operationId}`);
  if (known.undo_of !== null) {
    throw new AuditFlowError("state_conflict", "The operation is an undo, which is not undone: act anew");
  }
  const undone = await db
    .selectFrom("operations")
    .select("operation_id")
    .where("undo_of", "=", operationId)
    .executeTakeFirst();
  if (undone !== undefined) {
    const detail = `The operation was undone already, by operation ${undone.operation_id}`;
    throw new AuditFlowError("state_conflict", detail);
  }
  const deed: Deed = { ...by, action: "undo", note: null };
  const changed = await writeHistory(transaction, deed, linesOf(operationId));
  if (changed > 0) await carryOut(transaction, deed, { incident: null, reopens: true });
  const effect = { matched: known.changed, changed, undo_of: operationId };
  try {
    return await recordOperation(transaction, deed, effect);
  } catch (error) {
    if (error instanceof AuditFlowError) throw error;
    throw new WriteConflict("the operation was undone meanwhile", { cause: error });
  }
}

/** The alerts that are still as the operation left them, with what they had before. */
function linesOf(operationId: string) {
  return sql`
    select alerts.alert_id, alerts.version,
      alerts.status as from_status, done.from_status as to_status,
      alerts.assignee as from_assignee, done.from_assignee as to_assignee,
      alerts.reason as from_reason, done.from_reason as to_reason
    from history as done join alerts on alerts.alert_id = done.subject_id
    where done.operation_id = ${operationId} and alerts.version = done.version and alerts.merged_into is null`;
}
