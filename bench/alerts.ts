import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { startServers } from "../scripts/servers.ts";
import { oneByOne } from "./alerts-one-by-one.ts";
import { checkStoredAlerts } from "./alerts-reference.ts";
import { storedAlertGoals } from "./alerts-stored.ts";
import { pidsOf, processorSeconds } from "./processor-time.ts";
import { atLeast, type Goal } from "./report.ts";
import type { Length } from "./run.ts";

const wantedRate = 20_000;

/** How many alerts wait in the queue when the service starts, and how many for the slow consumer beside it. */
const amounts: Readonly<Record<Length, { batched: number; single: number }>> = {
  quick: { batched: 300_000, single: 5000 },
  full: { batched: 1_000_000, single: 20_000 },
};

/**
 * What the notification service is worth: how fast a backlog of alerts goes from RabbitMQ into PostgreSQL, beside a
 * consumer that inserts one alert at a time; and how long reading and acting take with a million alerts stored.
 */
export async function alerts(length: Length): Promise<readonly Goal[]> {
  const servers = await startServers();
  const url = (name: string): string => servers.environment[name] ?? process.env[name] ?? "";
  const amqp = url("AUDITFLOW_TEST_AMQP_URL");
  const postgres = url("AUDITFLOW_TEST_POSTGRES_URL");
  try {
    const { batched, single } = amounts[length];
    const rate = await drain(amqp, postgres, batched);
    const slow = await oneByOne(amqp, postgres, single);
    process.stderr.write(
      `one insert per alert: ${Math.round(slow)} alerts/s, so ${(rate / slow).toFixed(1)} times\n`,
    );
    return [
      atLeast({ name: "alerts: RabbitMQ to PostgreSQL", value: rate, unit: "alerts/s", goal: wantedRate }),
      atLeast({
        name: "alerts: against one insert per alert in the same run",
        value: rate / slow,
        unit: "times",
        goal: 5,
      }),
      ...(await storedAlertGoals(amqp, postgres)),
    ];
  } finally {
    await servers.stop();
  }
}

/** Alerts per second of a service that works through a backlog, once a tenth of it has warmed it up, to the last commit. */
async function drain(amqp: string, postgres: string, count: number): Promise<number> {
  const env = { TRANSPORT_URL: amqp, DATABASE_URL: postgres };
  // Declares the queue and migrates; and a small stream must come out right before speed counts.
  const first = await startService(["notification-service"], env);
  await checkStoredAlerts(amqp, first.url);
  await first.end("SIGTERM");
  await publish(amqp, count);
  const database = new Client({ connectionString: postgres });
  await database.connect();
  const service = await startService(["notification-service"], env);
  try {
    return await measure(service, database, count);
  } finally {
    await service.end("SIGTERM");
    await database.end();
  }
}

async function publish(amqp: string, count: number): Promise<void> {
  process.stderr.write(`publishing ${count} alerts\n`);
  const script = fileURLToPath(new URL("./load-queue.ts", import.meta.url));
  const args = ["--conditions=auditflow-source", script, amqp, String(count), String(Date.now())];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error("not every alert was published");
}

async function measure(service: Running, database: Client, count: number): Promise<number> {
  const parts = [
    { name: "notification-service", pids: [service.pid] },
    { name: "rabbitmq", pids: pidsOf("beam.smp") },
  ];
  const before = parts.map(({ pids }) => processorSeconds(pids));
  const warm = await untilStored(service, count / 10);
  const done = await untilStored(service, count);
  parts.forEach(({ name, pids }, index) => {
    const each = ((processorSeconds(pids) - (before[index] ?? 0)) / count) * 1e6;
    process.stderr.write(`  ${name}: ${each.toFixed(1)} us of a core per alert\n`);
  });
  const { rows } = await database.query<{ n: string }>(
    "select count(*) as n from auditflow.alerts where words like 'suspicious%'",
  );
  if (Number(rows[0]?.n) < count) throw new Error(`${rows[0]?.n} rows, ${count} alerts`);
  return ((done.stored - warm.stored) / (done.at - warm.at)) * 1000;
}

/** Waits until so many are committed, and says how many were when. */
async function untilStored(service: Running, count: number): Promise<{ stored: number; at: number }> {
  for (const deadline = Date.now() + 300_000; ; ) {
    const stored = await storedBy(service);
    const at = Date.now();
    if (stored >= count) return { stored, at };
    if (at > deadline) throw new Error(`only ${stored} of ${count} alerts within five minutes`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many alerts the process has committed. */
async function storedBy(service: Running): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^auditflow_alerts_stored_total (\d+)/m.exec(text)?.[1] ?? 0);
}
