import type { AlertRow } from "../database/schema.ts";
import { type TriageRow, triageColumns, triageOf } from "./triage-of.ts";

/** The columns that `summaryText` and `alertSummaryOf` need. */
export const summaryColumns = ["summary", ...triageColumns] as const;

/** An alert as a list shows it, as the text of its JSON in one line; the stored text is not taken apart for it. */
export function summaryText(row: TriageRow & Pick<AlertRow, "summary">): string {
  const { summary } = row;
  return `${summary.slice(0, summary.lastIndexOf("}"))},${JSON.stringify(triageOf(row)).slice(1)}`;
}
