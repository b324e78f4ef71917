import { spawnSync } from "node:child_process";
import pg from "pg";
import { startService } from "../packages/server/testing/process.ts";
import { pidsOf, processorSeconds } from "./processor-time.ts";

const amqp = process.env.AUDITFLOW_TEST_AMQP_URL!,
  postgres = process.env.AUDITFLOW_TEST_POSTGRES_URL!;
const N = Number(process.argv[2] ?? 100000);
const prof = process.argv[3] === "prof";
const env: any = { TRANSPORT_URL: amqp, DATABASE_URL: postgres };
const c = new pg.Client({ connectionString: postgres });
await c.connect();
await c.query("drop schema if exists auditflow cascade");
const first = await startService(["notification-service"], env);
await new Promise((r) => setTimeout(r, 2000));
await first.end("SIGTERM");
spawnSync(
  process.execPath,
  ["--conditions=auditflow-source", "bench/load-queue.ts", amqp, String(N), String(Date.now())],
  { stdio: "inherit" },
);
await c.query("checkpoint");
const s = await startService(["notification-service"], {
  ...env,
  ...(process.env.NO ? { NODE_OPTIONS: process.env.NO } : {}),
});
const sets: any = { node: [s.pid], pg: pidsOf("postgres"), rmq: pidsOf("beam.smp") };
const b4: any = {};
await new Promise((r) => setTimeout(r, 150));
sets.pg = pidsOf("postgres");
for (const k in sets) b4[k] = processorSeconds(sets[k]);
const t0 = Date.now();
let n = 0;
let warm: any;
const s2 = process.env.TWO ? await startService(["notification-service"], env) : undefined;
const stored = async () => (await storedBy(s)) + (s2 ? await storedBy(s2) : 0);
const storedBy = async (s: any) =>
  Number(
    /^auditflow_alerts_stored_total (\d+)/m.exec(await (await fetch(`${s.url}/metrics`)).text())?.[1] ?? 0,
  );
while (n < N) {
  await new Promise((r) => setTimeout(r, 100));
  n = await stored();
  if (n >= 40000 && !warm) {
    warm = { t: Date.now(), n };
  }
  if (Date.now() - t0 > 120000) break;
}
for (const k in sets)
  console.log(k, (((processorSeconds(sets[k]) - b4[k]) / N) * 1e6).toFixed(1), "us/alert");
console.log(
  Math.round((n / (Date.now() - t0)) * 1000),
  "alerts/s, steady",
  Math.round(((n - warm.n) / (Date.now() - warm.t)) * 1000),
);
await s.end("SIGTERM");
await s2?.end("SIGTERM");
await c.end();
