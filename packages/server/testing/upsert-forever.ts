import { sqliteDatabase } from "../src/database/sqlite.ts";
import { upsertRows } from "../src/database/upsert-rows.ts";
import { alertRowOf, alertsPlan } from "./alert-rows.ts";

// A child process of a test: writes one batch after the other into the file that its argument names, and prints the
// number of the last row of a batch once that was acknowledged.
const database = sqliteDatabase({ path: String(process.argv[2]), clock: { now: () => Date.now() } });
const perBatch = 20;
const body = JSON.stringify({ text: "x".repeat(500) });

for (let first = Number(process.argv[3]); ; first += perBatch) {
  const rows = Array.from({ length: perBatch }, (_, n) => alertRowOf(first + n, { at: first + n, body }));
  await upsertRows(database, alertsPlan, rows);
  process.stdout.write(`${first + perBatch - 1}\n`);
}
