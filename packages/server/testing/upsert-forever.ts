import { alertsPlan } from "../src/alerts/record.ts";
import { sqliteDatabase } from "../src/database/sqlite.ts";

// A child process of a test: writes one batch after the other into the file that its argument names, and prints the
// number of the last row of a batch once that was acknowledged.
const database = sqliteDatabase({ path: String(process.argv[2]), clock: { now: () => Date.now() } });
const perBatch = 20;

for (let first = Number(process.argv[3]); ; first += perBatch) {
  const rows = Array.from({ length: perBatch }, (_, n) => ({
    alert_id: `00000000-0000-4000-8000-${(first + n).toString(16).padStart(12, "0")}`,
    revision: 1,
    merged_into: null,
    at: first + n,
    severity: "LOW",
    rule_id: "rule",
    digest: "00",
    summary: "{}",
    body: JSON.stringify({ text: "x".repeat(500) }),
    position: 0,
  }));
  await database.upsert(alertsPlan, rows);
  process.stdout.write(`${first + perBatch - 1}\n`);
}
