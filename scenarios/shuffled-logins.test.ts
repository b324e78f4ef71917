import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList, AlertSummary, AuditEvent } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { systemClock } from "../packages/server/src/app/system-clock.ts";
import { rabbitmqTransport } from "../packages/server/src/transport/rabbitmq.ts";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { emptyServers } from "./system.ts";

const rules = `title: Failed login
name: failed_login
logsource: { category: authentication }
detection: { selection: { action_result: FAILURE }, condition: selection }
---
title: Many failed logins
auditflow: { lateness: 5m }
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [user_id]
  timespan: 5m
  condition: { gte: 5 }
`;

const start = Date.UTC(2026, 0, 15, 9);

/** Failed logins, one every 600 ms: the last one is just less than 5 minutes after the first. */
const logins: readonly AuditEvent[] = Array.from({ length: 500 }, (_, n) => ({
  event_id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  timestamp: new Date(start + n * 600).toISOString(),
  source_service: "scenario",
  server_hostname: "web-1",
  event_type: "user_login",
  severity: "WARNING",
  user_id: "eve",
  action_result: "FAILURE",
  logsource: { category: "authentication" },
}));

/** Each twice, as a redelivery brings them, in an order that has nothing to do with their times. */
function shuffledTwice(): AuditEvent[][] {
  const twice = [...logins, ...logins];
  const shuffled = twice.map((_, n) => twice[(n * 619) % twice.length]!);
  return Array.from({ length: shuffled.length / 20 }, (_, n) => shuffled.slice(n * 20, n * 20 + 20));
}

async function alertsAt(url: string): Promise<readonly AlertSummary[]> {
  const answer = await fetch(`${url}/api/v1/alerts?limit=200`, { signal: AbortSignal.timeout(10_000) });
  return ((await answer.json()) as AlertList).alerts;
}

async function hasEvaluated({ url }: Running): Promise<boolean> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return /^auditflow_events_evaluated_total [1-9]/m.test(page);
}

test("500 failed logins, shuffled and each delivered twice to two replicas of which one is killed, are one alert", async () => {
  const servers = await emptyServers();
  const folder = await mkdtemp(join(tmpdir(), "auditflow-rules-"));
  await writeFile(join(folder, "logins.yml"), rules);
  const transport = rabbitmqTransport({ url: servers.env["TRANSPORT_URL"]!, clock: systemClock });
  const env = { ...servers.env, AUDITFLOW_RULES: folder };
  const running = await Promise.all(
    ["notification-service", "audit-log-analysis", "audit-log-analysis"].map((service) =>
      startService([service], env),
    ),
  );
  const [notification, victim, survivor] = running as [Running, Running, Running];
  const drained = (topic: "events" | "alerts"): Promise<unknown> =>
    until(async () => (await transport.backlog(topic)) === 0, `nobody waits in ${topic}`);
  try {
    await until(() => transport.health().status === "pass", "the transport is connected");
    const messages = shuffledTwice();
    const half = messages.splice(0, messages.length / 2);
    const publish = async (batches: readonly AuditEvent[][]): Promise<void> => {
      // What is published at once may travel as one message, and go to one replica.
      for (const events of batches) await transport.publish("events", events);
    };
    await publish(half);
    await until(() => hasEvaluated(victim), "the one that will be killed takes its share");
    await Promise.all([victim.end("SIGKILL"), publish(messages)]);

    await until(
      async () => (await alertsAt(notification.url)).some(({ count }) => count === logins.length),
      "all logins are counted",
      60_000,
    );
    await drained("events");
    expect(await survivor.end("SIGTERM")).toBe(0);
    await drained("alerts");
    const alerts = await alertsAt(notification.url);
    expect(alerts).toMatchObject([
      {
        rule_name: "Many failed logins",
        count: 500,
        timestamp: logins[4]!.timestamp,
        first_event_at: logins[0]!.timestamp,
        last_event_at: logins[499]!.timestamp,
      },
    ]);
  } finally {
    await transport.stop();
    await Promise.all(running.map((process) => process.end("SIGTERM")));
    await servers.drop();
    await rm(folder, { recursive: true });
  }
}, 120_000);
