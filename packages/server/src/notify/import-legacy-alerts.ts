import type { Alert, ErrorCode } from "@auditflow/contracts";
import { type LegacyJson, legacyAlert } from "../alerts/legacy-alert.ts";
import { readAlert } from "../alerts/record.ts";
import { storeAlerts } from "../alerts/store-alerts.ts";
import type { Database } from "../database/database.ts";
import type { LegacyRow } from "../database/legacy-table.ts";
import { rowFault } from "../database/row-fault.ts";

/** A row of the old table that cannot be an alert here, or contradicts one, and why. */
export interface RefusedLegacyRow {
  readonly alert_id: string | null;
  readonly code: ErrorCode;
  readonly reason: string;
  /** The row as it was read, so that nothing of it is lost. */
  readonly row: LegacyRow;
}

/** What became of a batch of old rows. */
export interface ImportedLegacyAlerts {
  readonly stored: number;
  /** Alerts that an earlier run brought. */
  readonly unchanged: number;
  readonly refused: readonly RefusedLegacyRow[];
}

/** What old rows are imported with. */
export interface LegacyImportOptions {
  readonly json: LegacyJson;
  /** The time, epoch milliseconds. */
  readonly now: number;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
}

/**
 * Stores old rows as alerts, each under its old id, in the incidents they belong to; nobody is told of them. The same
 * rows again change nothing. Committed when it resolves; rejects with `database_unavailable`.
 */
export async function importLegacyAlerts(
  database: Database,
  rows: readonly LegacyRow[],
  { json, now, newId }: LegacyImportOptions,
): Promise<ImportedLegacyAlerts> {
  const { made, refused } = makeAlerts(rows, json);
  const alerts = made.map(({ alert }) => alert);
  const outcome = await storeAlerts(database, alerts, { now, newId, notify: false });
  for (const { index, code, reason } of outcome.refused)
    refused.push(refusal(made[index]!.row, code, reason));
  return { stored: outcome.stored, unchanged: outcome.unchanged, refused };
}

/** The rows that `importLegacyAlerts` would refuse for what they are; asks and changes no database. */
export function checkLegacyRows(rows: readonly LegacyRow[], json: LegacyJson): readonly RefusedLegacyRow[] {
  const { made, refused } = makeAlerts(rows, json);
  for (const { row, alert } of made) {
    const read = readAlert(alert);
    if ("reason" in read) refused.push(refusal(row, "invalid_alert", read.reason));
    else {
      const fault = rowFault("alerts", read.row);
      if (fault !== undefined) refused.push(refusal(row, "unstorable_record", fault));
    }
  }
  return refused;
}

interface Made {
  readonly row: LegacyRow;
  readonly alert: Alert;
}

function makeAlerts(
  rows: readonly LegacyRow[],
  json: LegacyJson,
): { made: Made[]; refused: RefusedLegacyRow[] } {
  const made: Made[] = [];
  const refused: RefusedLegacyRow[] = [];
  for (const row of rows) {
    const outcome = legacyAlert(row, json);
    if ("alert" in outcome) made.push({ row, alert: outcome.alert });
    else refused.push(refusal(row, "invalid_alert", outcome.reason));
  }
  return { made, refused };
}

function refusal(row: LegacyRow, code: ErrorCode, reason: string): RefusedLegacyRow {
  return { alert_id: row.alert_id, code, reason, row };
}
