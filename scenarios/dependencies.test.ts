import type { Health } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import {
  type FaultMode,
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../packages/server/testing/fault-proxy.ts";
import { type Running, startService } from "../packages/server/testing/process.ts";

const services = ["audit-event-gateway", "audit-log-analysis", "notification-service"] as const;

/** Which dependencies each service has, by the name that its health gives them. */
const dependencies: Readonly<Record<(typeof services)[number], readonly string[]>> = {
  "audit-event-gateway": ["rabbitmq"],
  "audit-log-analysis": ["rabbitmq", "redis"],
  "notification-service": ["rabbitmq", "postgres"],
};

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

interface Proxied {
  readonly env: Record<string, string>;
  readonly proxies: readonly FaultProxy[];
}

/** Every server behind a proxy that lets nothing through until it is told to. */
async function behindProxies(mode: FaultMode): Promise<Proxied> {
  const proxies: FaultProxy[] = [];
  const env: Record<string, string> = {};
  for (const [name, variable] of Object.entries({
    TRANSPORT_URL: "AUDITFLOW_TEST_AMQP_URL",
    WINDOWS_URL: "AUDITFLOW_TEST_REDIS_URL",
    DATABASE_URL: "AUDITFLOW_TEST_POSTGRES_URL",
  })) {
    const url = process.env[variable];
    if (url === undefined) throw new Error(`${variable} is not set: run \`npm run scenarios\``);
    const proxy = await startFaultProxy({ target: targetOf(url, 0), mode });
    clean.push(() => proxy.stop());
    proxies.push(proxy);
    env[name] = throughProxy(url, proxy);
  }
  return { env, proxies };
}

async function start(service: string, env: Record<string, string>): Promise<Running> {
  const running = await startService([service], env);
  clean.push(() => running.end("SIGKILL"));
  return running;
}

async function health(running: Running): Promise<Health> {
  return (await (await fetch(`${running.url}/healthz`)).json()) as Health;
}

/** Fifty probes at once are answered, with one report for all of them: nobody waits for a server that hangs. */
async function expectQuickHealth(running: Running): Promise<void> {
  const ask = async (): Promise<Health> => {
    const signal = AbortSignal.timeout(5_000);
    return (await (await fetch(`${running.url}/healthz`, { signal })).json()) as Health;
  };
  const reports = await Promise.all(Array.from({ length: 50 }, ask));
  // Two when a second passes meanwhile.
  expect(new Set(reports.map(({ time }) => time)).size).toBeLessThanOrEqual(2);
  for (const check of Object.values(reports[0]?.checks ?? {})) {
    expect(check).toMatchObject({
      since: expect.stringMatching(/Z$/),
      last_error: expect.stringMatching(/\w/),
      next_try_at: expect.stringMatching(/Z$/),
    });
  }
}

const down = (report: Health): string[] =>
  Object.values(report.checks)
    .filter(({ status, impaired_features }) => status === "fail" && impaired_features.length > 0)
    .map(({ name }) => name);

describe.each(services)("%s", (service) => {
  test.each(["refuse", "drop"] as const)(
    "starts while every dependency is down (%s), names each, and heals without a restart",
    async (mode) => {
      const { env, proxies } = await behindProxies(mode);
      const running = await start(service, env);
      expect((await fetch(`${running.url}/livez`)).status).toBe(200);
      expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
      await expect
        .poll(async () => down(await health(running)), { timeout: 30_000 })
        .toEqual(dependencies[service]);
      await expectQuickHealth(running);
      await Promise.all(proxies.map((proxy) => proxy.mode("pass")));
      await expect.poll(async () => (await health(running)).status, { timeout: 60_000 }).toBe("pass");
      expect((await fetch(`${running.url}/metrics`)).headers.get("content-type")).toMatch(/^text\/plain/);
    },
  );

  test.each([
    ["SIGTERM", "pass"],
    ["SIGINT", "pass"],
    ["SIGTERM", "drop"],
    ["SIGINT", "refuse"],
  ] as const)("ends with code 0 on %s while its dependencies are on %s", async (signal, mode) => {
    const { env, proxies } = await behindProxies("pass");
    const running = await start(service, env);
    await expect.poll(async () => (await health(running)).status, { timeout: 60_000 }).toBe("pass");
    await Promise.all(proxies.map((proxy) => proxy.mode(mode)));
    expect(await running.end(signal)).toBe(0);
    expect(running.lines.at(-1)?.["event.name"]).toMatch(/^service\.stopped/);
  });
});

describe("intake", () => {
  test("answers 503 with Retry-After while the broker is away, and takes the same event later", async () => {
    const { env, proxies } = await behindProxies("refuse");
    const running = await start("audit-event-gateway", env);
    const post = (): Promise<Response> =>
      fetch(`${running.url}/api/v1/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          event_id: "0190a1b2-0000-7000-8000-000000000001",
          timestamp: "2026-01-15T09:00:00Z",
          source_service: "scenario",
          server_hostname: "web-1",
          event_type: "user_login",
          severity: "INFO",
          user_id: "alice",
          action_result: "SUCCESS",
        }),
      });
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(refused.headers.get("content-type")).toMatch(/problem\+json/);
    await Promise.all(proxies.map((proxy) => proxy.mode("pass")));
    await expect.poll(async () => (await post()).status, { timeout: 60_000 }).toBe(202);
  });
});
