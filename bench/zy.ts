import pg from "pg";
import { uuidv7 } from "uuidv7";
import { storeAlerts } from "../packages/server/src/alerts/store-alerts.ts";
import { postgresDatabase } from "../packages/server/src/database/postgres.ts";
import { streamAlert } from "./alert-stream.ts";

const B = Number(process.argv[2] ?? 1000),
  C = Number(process.argv[3] ?? 1),
  N = Number(process.argv[4] ?? 60000);
const clock = { now: () => Date.now() };
const c = new pg.Client({ connectionString: process.env.AUDITFLOW_TEST_POSTGRES_URL });
await c.connect();
await c.query("drop schema if exists zz cascade");
const times: Record<string, number> = {};
const q = pg.Client.prototype.query as any;
(pg.Client.prototype as any).query = function (text: any, ...a: any[]) {
  const t0 = performance.now();
  const r = q.call(this, text, ...a);
  const key = String(typeof text === "string" ? text : text?.text)
    .replace(/\s+/g, " ")
    .slice(0, 50);
  if (r?.then)
    r.then(() => {
      times[key] = (times[key] ?? 0) + performance.now() - t0;
    });
  return r;
};
const db = postgresDatabase({ url: process.env.AUDITFLOW_TEST_POSTGRES_URL!, clock, schema: "zz" });
const start = Date.now();
const batches: any[][] = [];
for (let i = 0; i < N; i += B)
  batches.push(Array.from({ length: B }, (_, n) => JSON.parse(JSON.stringify(streamAlert(i + n, start)))));
await storeAlerts(db, batches.pop()!, { now: Date.now(), newId: uuidv7, notify: true });
for (const k in times) times[k] = 0;
const n = batches.length * B;
const cpu = process.cpuUsage();
const t0 = performance.now();
const one = async () => {
  for (let b = batches.pop(); b; b = batches.pop())
    await storeAlerts(db, b, { now: Date.now(), newId: uuidv7, notify: true });
};
await Promise.all(Array.from({ length: C }, one));
const ms = performance.now() - t0;
const u = process.cpuUsage(cpu);
console.log(
  "batch",
  B,
  "conc",
  C,
  Math.round((n / ms) * 1000),
  "alerts/s; own cpu us/alert",
  ((u.user + u.system) / n).toFixed(1),
);
for (const [k, v] of Object.entries(times))
  if (v > 1) console.log(((v / n) * 1000).toFixed(1), "us/alert", k);
await db.stop();
await c.end();
