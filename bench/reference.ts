import type { AlertList, AuditEvent } from "@auditflow/contracts";
import { offlineAnalyser } from "../packages/server/src/app/offline-analyser.ts";
import { rulePack } from "../packages/server/src/app/rule-pack.ts";
import { loadRuleFolders } from "../packages/server/src/detect/rule-set.ts";
import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import { streamEvent } from "./stream.ts";

const clock = { now: (): number => Date.now() };

/** The ids of the alerts that a single, unhurried analyser makes of the events. */
export async function referenceAlerts(events: readonly AuditEvent[]): Promise<string[]> {
  const rules = await loadRuleFolders([rulePack]);
  const analyser = offlineAnalyser({ rules });
  const alerts = [...(await analyser.take(events)), ...(await analyser.flush())];
  const latest = new Map(alerts.map((alert) => [alert.alert_id, alert]));
  return [...latest.values()]
    .filter(({ merged_into }) => merged_into === undefined)
    .map(({ alert_id }) => alert_id)
    .sort();
}

/** Every standing alert that the API lists. */
async function storedAlerts(url: string): Promise<string[]> {
  const ids: string[] = [];
  let next: string | null = "";
  while (next !== null) {
    const cursor = next === "" ? "" : `&cursor=${encodeURIComponent(next)}`;
    const page = (await (await fetch(`${url}/api/v1/alerts?limit=1000${cursor}`)).json()) as AlertList;
    ids.push(...page.alerts.map(({ alert_id }) => alert_id));
    next = page.next;
  }
  return ids.sort();
}

/** A stream small enough for the reference, with its times far from those of the measured ones. */
export function smallStream(): AuditEvent[] {
  const start = Date.parse("2026-01-01T00:00:00Z");
  return Array.from({ length: 20_000 }, (_, index) => streamEvent(index, start + index * 5));
}

/** Sends the small stream through the pipeline and throws unless its alerts are the reference's. */
export async function checkAgainstReference(amqp: string, url: string): Promise<void> {
  const events = smallStream();
  const transport = rabbitmqTransport({ url: amqp, clock });
  await transport.publish("events", events);
  await transport.stop();
  await expectStored(url, await referenceAlerts(events));
}

/** Waits until exactly these alerts are stored. */
export async function expectStored(url: string, wanted: readonly string[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const stored = await storedAlerts(url);
    if (JSON.stringify(stored) === JSON.stringify(wanted)) break;
    if (Date.now() > deadline)
      throw new Error(`the reference has ${wanted.length} alerts, stored are ${stored.length}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.stderr.write(`the ${wanted.length} alerts of a small stream are those of the reference\n`);
}
