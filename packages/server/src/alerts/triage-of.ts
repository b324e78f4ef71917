import type { Alert, AlertDetail, Triage } from "@auditflow/contracts";
import type { AlertRow } from "../database/schema.ts";
import { traceIdOf } from "../telemetry/trace-context.ts";

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
export function alertDetailOf(row: TriageRow & Pick<AlertRow, "body" | "traceparent">): AlertDetail {
  const { body, traceparent } = row;
  const trace = traceparent === null ? {} : { trace_id: traceIdOf(traceparent) };
  return { ...(JSON.parse(body) as Alert), ...triageOf(row), ...trace };
}

/** The strong ETag of an alert: another one whenever the alert grew or somebody decided about it. */
export function alertTag({ revision, version }: Pick<AlertRow, "revision" | "version">): string {
  return `"${revision}.${version}"`;
}
