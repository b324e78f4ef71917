import type { AuditEvent } from "@auditflow/contracts";
import { toEvent } from "../ingest/normalize-event.ts";
import { decodeItem } from "../ingest/strict-json.ts";
import type { LegacyImportOptions } from "../notify/import-legacy-alerts.ts";

/** Reads the JSON of the first AuditFlow's table as strictly as intake reads events. */
export const legacyJson: LegacyImportOptions["json"] = {
  value: (text) => {
    const item = decodeItem(text);
    return "fault" in item || changesNumbers(text) ? undefined : { value: item.value };
  },
  event: (text, id) => {
    const item = decodeItem(text);
    if ("fault" in item) return undefined;
    // PostgreSQL writes JSON with spaces, which say nothing: only what reading changes is a reason to keep the text.
    const canonical = !changesNumbers(text);
    const made = toEvent({ ...item, canonical }, 0, { ...context, newId: () => id });
    if ("fault" in made) return undefined;
    // Nobody took it in just now; and the same row has to give the same event in each run.
    const event: AuditEvent = { ...made.event };
    delete event.received_at;
    return event;
  },
};

const context = { receivedAt: "2000-01-01T00:00:00.000Z", source: "import-legacy" };

/** Whether a number of a valid JSON text is another after reading, such as 0.1000000000000000001. */
function changesNumbers(text: string): boolean {
  // Short whole numbers, which nearly all are, need no second look.
  if (!/\d[.eE]|\d{16}|-0/.test(text)) return false;
  let changes = false;
  JSON.parse(text, (_key: string, value: unknown, { source = "" }: { source?: string } = {}) => {
    if (typeof value === "number" && String(value) !== withoutZeros(source)) changes = true;
    return value;
  });
  return changes;
}

/** 1.50 is 1.5: PostgreSQL keeps zeros at the end, which change nothing. */
function withoutZeros(lexeme: string): string {
  return lexeme.includes(".") ? lexeme.replace(/\.?0+$/, "") : lexeme;
}
