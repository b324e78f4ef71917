import type { LogLevels } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import {
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../packages/server/testing/fault-proxy.ts";
import { type Running, runCommand, startService } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { type Shape, type System, startSystem } from "./system.ts";

const replicated = ["audit-log-analysis", "notification-service"];

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function start(shape: Shape): Promise<{ system: System; processes: number }> {
  const system = await startSystem(shape);
  clean.push(() => system.clean());
  const replicas = shape === "distributed" ? replicated : [];
  for (const service of replicas) await system.addReplica(service);
  return { system, processes: system.parts.length + replicas.length };
}

async function levels(url: string, service = "all"): Promise<LogLevels> {
  const answer = await fetch(`${url}/api/v1/services/${service}/log-level`);
  return (await answer.json()) as LogLevels;
}

const levelsOf = ({ processes }: LogLevels): string[] => [...new Set(processes.map(({ level }) => level))];

async function run(url: string, ...args: string[]): Promise<{ code: number; answer: LogLevels }> {
  const { code, stdout, stderr } = await runCommand(["log-level", ...args, "--json", "--url", url]);
  if (stdout === "") throw new Error(stderr);
  return { code, answer: JSON.parse(stdout) as LogLevels };
}

describe.each(["embedded", "distributed"] as const)("the log level, %s", { timeout: 120_000 }, (shape) => {
  test("is changed in every process of every service, without a restart, and comes back by itself", async () => {
    const { system, processes } = await start(shape);
    const page = system.page();
    await until(
      async () => (await levels(page)).processes.length === processes,
      "every process answers",
      60_000,
    );
    const { code, answer } = await run(page, "all", "debug", "--for", "3s");
    expect(answer.silent).toEqual([]);
    expect(answer.processes).toHaveLength(processes);
    expect(new Set(answer.processes.map(({ instance }) => instance)).size).toBe(processes);
    expect(levelsOf(answer)).toEqual(["debug"]);
    expect(answer.processes.every(({ reverts_at }) => reverts_at !== undefined)).toBe(true);
    expect(code).toBe(0);
    await until(
      async () => levelsOf(await levels(page)).join() === "info",
      "the level is back in all of them",
    );
    expect(await system.stop()).toEqual(Array.from({ length: processes }, () => 0));
  });

  test("of one service is changed in all its replicas and nowhere else, whoever is asked", async () => {
    const { system, processes } = await start(shape);
    const [page, intake] = [system.page(), system.intake()];
    await until(
      async () => (await levels(page)).processes.length === processes,
      "every process answers",
      60_000,
    );
    const { answer } = await run(intake, "audit-log-analysis", "warn", "--module", "detect");
    expect(answer.processes).toHaveLength(shape === "embedded" ? 1 : 2);
    const now = (await levels(page)).processes;
    for (const { services, modules } of now)
      expect(modules).toEqual(services.includes("audit-log-analysis") ? { detect: "warn" } : {});
  });
});

describe("the log level of the process asked", { timeout: 60_000 }, () => {
  async function gatewayBehind(): Promise<{ gateway: Running; proxy: FaultProxy }> {
    const url = process.env["AUDITFLOW_TEST_AMQP_URL"];
    if (url === undefined) throw new Error("AUDITFLOW_TEST_AMQP_URL is not set: run `npm run scenarios`");
    const proxy = await startFaultProxy({ target: targetOf(url, 5672) });
    clean.push(() => proxy.stop());
    const env = { TRANSPORT_URL: throughProxy(url, proxy) };
    const gateway = await startService(["audit-event-gateway"], env);
    clean.push(() => gateway.end("SIGKILL"));
    return { gateway, proxy };
  }

  test.each(["refuse", "drop"] as const)("is changed while the broker is down (%s)", async (mode) => {
    const { gateway, proxy } = await gatewayBehind();
    await proxy.mode(mode);
    const { code, answer } = await run(gateway.url, "all", "debug");
    expect(answer.processes).toMatchObject([{ services: ["audit-event-gateway"], level: "debug" }]);
    expect(answer.silent[0]?.services).toContain("notification-service");
    expect(answer.silent[0]?.reason).toMatch(/Ask each at its own address/);
    expect(code).toBe(1);
    await until(
      async () => gateway.lines.some((line) => line["event.name"] === "http.request"),
      "it tells of the request that was answered at the new level",
    );
  });

  test("is changed at the front door while notification-service is away", async () => {
    const env = { AUDITFLOW_NOTIFICATION_URL: "http://127.0.0.1:9" };
    const door = await startService(["event-audit-dashboard"], env);
    clean.push(() => door.end("SIGKILL"));
    const { code, answer } = await run(door.url, "all", "debug");
    expect(answer.processes).toMatchObject([{ services: ["event-audit-dashboard"], level: "debug" }]);
    expect(answer.silent[0]?.reason).toContain("notification-service cannot be reached");
    expect(code).toBe(1);
    expect(await door.end("SIGTERM")).toBe(0);
  });
});
