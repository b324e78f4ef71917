import type { Health } from "@auditflow/contracts";
import { type ChannelModel, connect } from "amqplib";
import { afterEach, describe, expect, test } from "vitest";
import {
  type FaultMode,
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../packages/server/testing/fault-proxy.ts";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { Story } from "./story.ts";
import { emptyServers, type System } from "./system.ts";

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

type Server = "rabbitmq" | "redis" | "postgres";

const settings: Readonly<Record<Server, string>> = {
  rabbitmq: "TRANSPORT_URL",
  redis: "WINDOWS_URL",
  postgres: "DATABASE_URL",
};

interface Site {
  readonly env: Record<string, string>;
  readonly proxies: Readonly<Record<Server, FaultProxy>>;
  /** The broker's own address, past the proxy. */
  readonly broker: string;
}

/** Empty servers, each behind a proxy. */
async function openSite(mode: FaultMode): Promise<Site> {
  const { env, drop } = await emptyServers();
  clean.push(drop);
  const broker = env["TRANSPORT_URL"] ?? "";
  const proxies: Partial<Record<Server, FaultProxy>> = {};
  for (const [server, variable] of Object.entries(settings)) {
    const url = env[variable] ?? "";
    const proxy = await startFaultProxy({ target: targetOf(url, 0), mode });
    clean.push(() => proxy.stop());
    proxies[server as Server] = proxy;
    env[variable] = throughProxy(url, proxy);
  }
  return { env, broker, proxies: proxies as Record<Server, FaultProxy> };
}

async function start(args: readonly string[], env: Record<string, string>): Promise<Running> {
  const running = await startService(args, env);
  clean.push(() => running.end("SIGKILL"));
  return running;
}

async function health(running: Running): Promise<Health> {
  const answer = await fetch(`${running.url}/healthz`, { signal: AbortSignal.timeout(5_000) });
  return (await answer.json()) as Health;
}

async function down(running: Running): Promise<string[]> {
  const { checks } = await health(running);
  const faulty = Object.values(checks).filter(({ status }) => status !== "pass");
  return faulty.map(({ name }) => name).toSorted();
}

async function expectReady(running: Running): Promise<void> {
  for (const probe of ["/livez", "/readyz"]) expect((await fetch(`${running.url}${probe}`)).status).toBe(200);
}

/** What a story needs of a system that this file starts and ends itself. */
function storyAt(intake: Running, alerts: Running): Story {
  return new Story({ intake: () => intake.url, alerts: () => alerts.url } as unknown as System);
}

const orders: readonly (readonly Server[])[] = [
  ["rabbitmq", "redis", "postgres"],
  ["rabbitmq", "postgres", "redis"],
  ["redis", "rabbitmq", "postgres"],
  ["redis", "postgres", "rabbitmq"],
  ["postgres", "rabbitmq", "redis"],
  ["postgres", "redis", "rabbitmq"],
];

describe("dependencies that come up one after the other", () => {
  test.each(orders)("%s, %s, %s: each is named until it is there, then all works", async (...order) => {
    // Every other order begins with black holes.
    const { env, proxies } = await openSite(orders.indexOf(order) % 2 === 0 ? "refuse" : "drop");
    const running = await start([], env);
    await expectReady(running);
    for (const [place, server] of order.entries()) {
      const missing = order.slice(place).toSorted();
      await expect.poll(() => down(running), { timeout: 30_000 }).toEqual(missing);
      await proxies[server].mode("pass");
    }
    await expect.poll(() => down(running), { timeout: 30_000 }).toEqual([]);
    const told = storyAt(running, running);
    told.at("09:00").login("eve").fails(10);
    told.at("09:01").changesFile("/etc/shadow");
    await told.send();
    await told.expectAlerts([
      { rule_name: "Burst of failed logins of one user", count: 10 },
      { rule_name: "Burst of failed logins from one address", count: 10 },
      { severity: "CRITICAL" },
    ]);
  });
});

/** The queue of new alerts as the broker itself sees it. */
async function alertsQueue(broker: string): Promise<{ waiting: number; consumers: number }> {
  const connection: ChannelModel = await connect(broker);
  try {
    const channel = await connection.createChannel();
    const { messageCount, consumerCount } = await channel.checkQueue("auditflow.alerts.notification-service");
    return { waiting: messageCount, consumers: consumerCount };
  } finally {
    await connection.close();
  }
}

const files = 600;

/** Events that each make an alert of their own, sent in small requests while `during` happens. */
async function underLoad(told: Story, during: () => Promise<void>): Promise<void> {
  for (let n = 0; n < files; n += 1) {
    const time = new Date(Date.UTC(2026, 0, 15, 9) + n * 1000).toISOString().slice(11, 19);
    told.at(time).changesFile("/etc/shadow", { on: `host-${n}` });
  }
  const fault = Promise.withResolvers<void>();
  let begun = false;
  const sending = told.send(3, (share) => {
    if (begun || share < 0.2) return;
    begun = true;
    during().then(fault.resolve, fault.reject);
  });
  await Promise.all([sending, fault.promise]);
}

/** A line that tells of a change counts for one, a line that sums up many for as many as it says. */
function changesOf(running: Running, dependency: string): number {
  return running.lines
    .filter(
      (line) => String(line["event.name"]).startsWith("dependency.") && line["dependency"] === dependency,
    )
    .reduce((sum, line) => sum + Number(line["changes"] ?? 1), 0);
}

describe("PostgreSQL stopped under load", () => {
  test.each(["refuse", "drop"] as const)(
    "(%s): told, waited for in the broker, healed, nothing lost or doubled",
    async (mode) => {
      const { env, proxies, broker } = await openSite("pass");
      const gateway = await start(["audit-event-gateway"], env);
      await start(["audit-log-analysis"], env);
      const notification = await start(["notification-service"], env);
      await expect.poll(() => down(notification), { timeout: 30_000 }).toEqual([]);
      const told = storyAt(gateway, notification);
      await underLoad(told, async () => {
        const stopped = performance.now();
        await proxies.postgres.mode(mode);
        const check = await until(async () => {
          const found = (await health(notification)).checks["database:postgres"];
          return found?.status === "fail" ? found : undefined;
        }, "health says that the database is down");
        process.stdout.write(`postgres ${mode}: told after ${Math.round(performance.now() - stopped)} ms\n`);
        expect(check).toMatchObject({
          since: expect.stringMatching(/Z$/),
          next_try_at: expect.stringMatching(/Z$/),
          last_error: expect.stringMatching(/\w/),
          impaired_features: expect.arrayContaining([
            "alert storage and queries impaired, intake continues in the broker",
          ]),
        });
        await expectReady(notification);
        const read = await fetch(`${notification.url}/api/v1/alerts`);
        expect([read.status, read.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^\d+$/)]);
        await until(async () => {
          const { waiting, consumers } = await alertsQueue(broker);
          return consumers === 0 && waiting > 0;
        }, "the consumer is cancelled, and its messages are back in the queue");
      });
      const started = performance.now();
      await proxies.postgres.mode("pass");
      await until(async () => (await down(notification)).length === 0, "it is healed", 60_000);
      await until(async () => (await alertsQueue(broker)).consumers > 0, "it consumes again", 60_000);
      process.stdout.write(`postgres ${mode}: healed after ${Math.round(performance.now() - started)} ms\n`);
      await expect.poll(async () => (await told.alerts()).length, { timeout: 60_000 }).toBe(files);
      expect(new Set((await told.alerts()).map(({ alert_id }) => alert_id)).size).toBe(files);
      // Up at the start, down, up again.
      await expect.poll(() => changesOf(notification, "postgres")).toBe(3);
    },
  );
});

test("dependencies that flap are told change by change or counted, and all works when they stay", async () => {
  const { env, proxies } = await openSite("pass");
  const running = await start([], env);
  await expect.poll(() => down(running), { timeout: 30_000 }).toEqual([]);
  const all = Object.values(proxies);
  const rounds = 5;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(all.map((proxy) => proxy.mode("refuse")));
    await expect.poll(() => down(running), { timeout: 30_000 }).toEqual(["postgres", "rabbitmq", "redis"]);
    await Promise.all(all.map((proxy) => proxy.mode("pass")));
    await expect.poll(() => down(running), { timeout: 30_000 }).toEqual([]);
  }
  for (const server of ["postgres", "rabbitmq", "redis"]) {
    // More when a connection is lost again while the proxy turns.
    await expect
      .poll(() => changesOf(running, server), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(1 + 2 * rounds);
    const lines = running.lines.filter((line) => line["dependency"] === server);
    expect(lines.length).toBeLessThanOrEqual(1 + 2 * rounds);
  }
  const told = storyAt(running, running);
  told.at("09:01").changesFile("/etc/shadow");
  await told.send();
  await told.expectAlerts([{ severity: "CRITICAL" }]);
});
