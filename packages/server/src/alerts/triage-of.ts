import type { Alert, AlertDetail, Triage } from "@auditflow/contracts";
import type { AlertRow } from "../database/schema.ts";

/** The columns of `alerts` that hold what people decided: what a query reads for `triageOf`. */
export const triageColumns = ["status", "assignee", "reason", "incident_id", "version"] as const;

/** What people decided about an alert, as its row holds it. */
export type TriageRow = Pick<AlertRow, (typeof triageColumns)[number]>;

/** What people decided about an alert, as the API tells it. */
export function triageOf({ status, assignee, reason, incident_id, version }: TriageRow): Triage {
  return {
    status: status as Triage["status"],
    assignee,
    close_reason: reason as Triage["close_reason"],
    incident_id,
    version,
  };
}

/** An alert whole. */
export function alertDetailOf(row: TriageRow & Pick<AlertRow, "body">): AlertDetail {
  return { ...(JSON.parse(row.body) as Alert), ...triageOf(row) };
}

/** The strong ETag of an alert: another one whenever the alert grew or somebody decided about it. */
export function alertTag({ revision, version }: Pick<AlertRow, "revision" | "version">): string {
  return `"${revision}.${version}"`;
}
