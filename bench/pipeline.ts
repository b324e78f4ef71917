import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { startServers } from "../scripts/servers.ts";
import { pidsOf, processorSeconds } from "./processor-time.ts";
import { checkAgainstReference } from "./reference.ts";
import { atLeast, atMost, type Goal } from "./report.ts";
import type { Length } from "./run.ts";

const wantedRate = 100_000;

/** Published a little faster than wanted: the time to drain at the end counts too. */
const publishedRate = 105_000;
const latencyRate = 10_000;

/** How long each phase publishes, in seconds. */
const seconds: Readonly<Record<Length, { hold: number; latency: number }>> = {
  quick: { hold: 30, latency: 10 },
  full: { hold: 120, latency: 60 },
};

/**
 * RabbitMQ -> analysis with Redis -> RabbitMQ -> PostgreSQL, one process per role, all on one machine. First the
 * alerts of a small stream are compared with those of the reference; a fast wrong answer fails.
 */
export async function pipeline(length: Length): Promise<readonly Goal[]> {
  const servers = await startServers();
  const url = (name: string): string => servers.environment[name] ?? process.env[name] ?? "";
  const amqp = url("AUDITFLOW_TEST_AMQP_URL");
  const postgres = url("AUDITFLOW_TEST_POSTGRES_URL");
  const env = { TRANSPORT_URL: amqp, WINDOWS_URL: url("AUDITFLOW_TEST_REDIS_URL"), DATABASE_URL: postgres };
  const analysis = await startService(["audit-log-analysis"], env);
  const notification = await startService(["notification-service"], env);
  const database = new Client({ connectionString: postgres });
  await database.connect();
  const bench: Bench = { amqp, analysis, notification, database };
  try {
    await checkAgainstReference(amqp, notification.url);
    const latency = await measureLatency(bench, seconds[length].latency);
    const held = await measureHold(bench, seconds[length].hold);
    return [
      atLeast({
        name: "pipeline: events per second, published to evaluated and stored",
        value: held,
        unit: "events/s",
        goal: wantedRate,
      }),
      atMost({
        name: `pipeline: event to stored alert, p99 at ${latencyRate} events/s`,
        value: latency,
        unit: "ms",
        goal: 40,
      }),
    ];
  } finally {
    await database.end();
    await Promise.all([analysis.end("SIGTERM"), notification.end("SIGTERM")]);
    await servers.stop();
  }
}

interface Bench {
  readonly amqp: string;
  readonly analysis: Running;
  readonly notification: Running;
  readonly database: Client;
}

interface Load {
  readonly startedAt: number;
  readonly made: number;
  readonly confirmed: number;
}

/** Publishes for so long from a process of its own, and prints what a processor spent on each part per event. */
async function load(bench: Bench, rate: number, length: number): Promise<Load> {
  const script = fileURLToPath(new URL("./load.ts", import.meta.url));
  const args = ["--conditions=auditflow-source", script, bench.amqp, String(rate), String(length)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const parts = partsOf(bench, child.pid ?? 0);
  const before = parts.map(({ pids }) => processorSeconds(pids));
  const lines: Record<string, number>[] = [];
  let ownSeconds = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Record<string, number>);
    ownSeconds = processorSeconds([child.pid ?? 0]);
  });
  await once(child, "close");
  const [first, last] = lines;
  if (first === undefined || last === undefined) throw new Error("the load process did not finish");
  const { made = 0, confirmed = 0, repeated = 0 } = last;
  if (repeated > 0) process.stderr.write(`  ${repeated} publishes had to be repeated\n`);
  parts.forEach(({ name, pids }, index) => {
    const used = name === "load" ? ownSeconds : processorSeconds(pids) - (before[index] ?? 0);
    const each = ((used / made) * 1e6).toFixed(2);
    process.stderr.write(
      `  ${name}: ${each} us of a core per event, ${((used / length) * 100).toFixed(0)} % of a core\n`,
    );
  });
  return { startedAt: first["started_at"] ?? 0, made, confirmed };
}

function partsOf({ analysis, notification }: Bench, loadPid: number): { name: string; pids: number[] }[] {
  return [
    { name: "load", pids: [loadPid] },
    { name: "audit-log-analysis", pids: [analysis.pid] },
    { name: "notification-service", pids: [notification.pid] },
    { name: "rabbitmq", pids: pidsOf("beam.smp") },
    { name: "redis", pids: pidsOf("redis-server") },
    { name: "postgres", pids: pidsOf("postgres") },
  ];
}

/** Events per second from the first publish until every event is evaluated and every alert stored. */
async function measureHold(bench: Bench, length: number): Promise<number> {
  process.stderr.write(`publishing ${publishedRate} events/s for ${length} s\n`);
  const before = await evaluated(bench.analysis);
  const alertsBefore = await storedProbes(bench.database);
  const { startedAt, made, confirmed } = await load(bench, publishedRate, length);
  if (confirmed !== made) throw new Error(`only ${confirmed} of ${made} events were confirmed`);
  const publishedAt = Date.now();
  await until(async () => (await evaluated(bench.analysis)) - before >= made);
  await settled(bench.database, alertsBefore);
  const now = Date.now();
  process.stderr.write(`  drained ${now - publishedAt} ms after the last confirm\n`);
  return (made / (now - startedAt)) * 1000;
}

/** p99, in milliseconds, from the making of an event to the commit of its alert's row, as PostgreSQL recorded it. */
async function measureLatency(bench: Bench, length: number): Promise<number> {
  process.stderr.write(`publishing ${latencyRate} events/s for ${length} s\n`);
  const before = await evaluated(bench.analysis);
  const { startedAt, made } = await load(bench, latencyRate, length);
  await until(async () => (await evaluated(bench.analysis)) - before >= made);
  await settled(bench.database, 0);
  const { rows } = await bench.database.query<{ p50: number; p99: number; n: string }>(latencySql, [
    startedAt,
  ]);
  const [row] = rows;
  if (row === undefined || Number(row.n) < 100) throw new Error("too few alerts to speak of a p99");
  process.stderr.write(
    `  ${row.n} alerts, p50 ${Number(row.p50).toFixed(1)} ms, p99 ${Number(row.p99).toFixed(1)} ms\n`,
  );
  return Number(row.p99);
}

const latencySql = `
  WITH stored AS (
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 - at AS ms
    FROM auditflow.alerts WHERE severity = 'CRITICAL' AND at >= $1
  )
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
         percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99, count(*) AS n FROM stored`;

async function storedProbes(database: Client): Promise<number> {
  const { rows } = await database.query<{ n: string }>(
    "SELECT count(*) AS n FROM auditflow.alerts WHERE severity = 'CRITICAL'",
  );
  return Number(rows[0]?.n ?? 0);
}

/** Waits until the number of stored alerts has grown and stopped growing. */
async function settled(database: Client, before: number): Promise<void> {
  let last = -1;
  await until(async () => {
    const now = await storedProbes(database);
    const same = now > before && now === last;
    last = now;
    return same;
  });
}

/** How many events the analysis process has evaluated since it started. */
async function evaluated(analysis: Running): Promise<number> {
  const text = await (await fetch(`${analysis.url}/metrics`)).text();
  return Number(/^auditflow_events_evaluated_total (\d+)/m.exec(text)?.[1] ?? 0);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("the pipeline did not drain within two minutes");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
