import type { Alert, AlertList, IncidentList } from "@auditflow/contracts";
import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import { streamAlert } from "./alert-stream.ts";

const size = 6000;

/**
 * Sends a small stream with repetitions and growing revisions, and throws unless what is stored is what counting one by
 * one makes of it: each alert once with its highest revision, and each incident with the number of its alerts.
 */
export async function checkStoredAlerts(amqp: string, url: string): Promise<void> {
  const start = Date.parse("2026-01-01T00:00:00Z");
  // The server may hold what other runs stored.
  const site = `check${Date.now()}`;
  const sent = Array.from({ length: size }, (_, n) => {
    const alert = streamAlert(Math.floor(n / 3), start, site);
    return { ...alert, revision: 1 + (n % 2), count: 1 + (n % 2) };
  });
  const transport = rabbitmqTransport({ url: amqp, clock: { now: () => Date.now() } });
  await transport.publish("alerts", sent);
  await transport.stop();
  const highest = new Map<string, Alert>();
  for (const alert of sent) {
    if (alert.revision > (highest.get(alert.alert_id)?.revision ?? 0)) highest.set(alert.alert_id, alert);
  }
  const wanted = [...highest.values()].map(({ alert_id, revision }) => `${alert_id} ${revision}`).sort();
  const deadline = Date.now() + 60_000;
  while (JSON.stringify(await storedIn(url, site)) !== JSON.stringify(wanted)) {
    if (Date.now() > deadline) throw new Error(`stored is not what ${size} alerts make`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const counted = await alertsInIncidents(url, site);
  if (counted !== wanted.length)
    throw new Error(`incidents count ${counted} alerts, stored are ${wanted.length}`);
  process.stderr.write(`the ${wanted.length} alerts of a small stream are those of the reference\n`);
}

async function storedIn(url: string, site: string): Promise<string[]> {
  const alerts = await pages<AlertList, "alerts">(
    `${url}/api/v1/alerts?filter=host:${site}-*&limit=1000`,
    "alerts",
  );
  return alerts.map(({ alert_id, revision }) => `${alert_id} ${revision}`).sort();
}

async function alertsInIncidents(url: string, site: string): Promise<number> {
  const incidents = await pages<IncidentList, "incidents">(
    `${url}/api/v1/incidents?filter=host:${site}-*&limit=200`,
    "incidents",
  );
  return incidents.reduce((sum, { alert_count }) => sum + alert_count, 0);
}

async function pages<L extends { next: string | null } & Record<K, unknown[]>, K extends string>(
  address: string,
  key: K,
): Promise<L[K][number][]> {
  const all: L[K][number][] = [];
  for (let next: string | null = ""; next !== null; ) {
    const page = (await (await fetch(`${address}&cursor=${next}`.replace(/&cursor=$/, ""))).json()) as L;
    all.push(...page[key]);
    next = page.next;
  }
  return all;
}
