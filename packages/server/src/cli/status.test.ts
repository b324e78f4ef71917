import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Health } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";
import { until } from "../../testing/until.ts";

let data: string;
let server: Running;
/** A process whose broker is not there. */
let gateway: Running;
/** A front door that finds the gateway, and nobody behind another address. */
let door: Running;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-status-"));
  server = await startService(["--data", data]);
  gateway = await startService(["audit-event-gateway"], { TRANSPORT_URL: "amqp://127.0.0.1:9" });
  door = await startService(["event-audit-dashboard"], {
    AUDITFLOW_GATEWAY_URL: gateway.url,
    AUDITFLOW_ANALYSIS_URL: "http://127.0.0.1:59999",
  });
});

afterAll(async () => {
  await Promise.all([server, gateway, door].map((running) => running.end("SIGTERM")));
  await rm(data, { recursive: true });
});

const status = (running: Running, ...args: string[]) => runCommand(["status", "--url", running.url, ...args]);

describe("auditflow status", { timeout: 60_000 }, () => {
  test("shows every service and what it depends on, and ends with 0 when all works", async () => {
    const { code, stdout } = await until(async () => {
      const shown = await status(server);
      return shown.stdout.includes("everything works") ? shown : undefined;
    }, "everything works");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^notification-service +pass +\d+\.\d+\.\d+ +\d+ \w+ ago$/m);
    expect(stdout).toMatch(/^sqlite \(database\) +pass +\d+\.\d ms +\d+ \w+ ago +notification-service$/m);
    expect(stdout).not.toContain("Impaired");
  });

  test("of a process whose dependencies are all down says why and what is impaired, and ends with 1", async () => {
    const { code, stdout } = await until(async () => {
      const shown = await status(gateway);
      return shown.stdout.includes("ECONNREFUSED") ? shown : undefined;
    }, "the broker was tried");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^rabbitmq \(transport\) +fail .*(in \d+ s|now) +audit-event-gateway +.*ECONNREFUSED/m,
    );
    expect(stdout).toMatch(/^Impaired:\n {2}audit-event-gateway: event intake is refused/m);
  });

  test("at a front door that works in part ends with 0, and with 1 when asked to be strict", async () => {
    const { code, stdout } = await until(async () => {
      const shown = await status(door);
      return /^audit-event-gateway +fail/m.test(shown.stdout) ? shown : undefined;
    }, "the gateway was asked");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^audit-log-analysis +fail .*ECONNREFUSED$/m);
    expect(stdout).toContain("  audit-log-analysis: detection and new alerts stand still");
    expect(await status(door, "--strict")).toMatchObject({ code: 1 });
  });

  test("as JSON it is the health report as it was answered", async () => {
    const report = JSON.parse((await status(door, "--json")).stdout) as Health;
    const gatewayHealth = report.services?.find(({ service }) => service === "audit-event-gateway");
    expect(gatewayHealth).toMatchObject({
      ...{
        status: "fail",
        version: expect.any(String),
        since: expect.any(String),
        latency_ms: expect.any(Number),
      },
      checks: {
        "transport:rabbitmq": {
          last_error: expect.any(String),
          next_try_at: expect.any(String),
          impaired_features: expect.arrayContaining(["the queue audit_events is not drained"]),
        },
      },
    });
  });

  test("watches on while nobody answers, and ends when it is told to", async () => {
    const main = fileURLToPath(new URL("../main.ts", import.meta.url));
    const args = ["status", "--watch", "0.5", "--json", "--url", "http://127.0.0.1:59999"];
    const child = spawn(process.execPath, ["--conditions=auditflow-source", main, ...args], {
      env: { PATH: process.env["PATH"] },
    });
    let lines = "";
    child.stdout.on("data", (chunk: Buffer) => {
      lines += chunk.toString();
    });
    await until(() => lines.split("\n").length > 2, "it looked twice");
    expect(JSON.parse(lines.split("\n")[0] ?? "")).toMatchObject({ status: "fail" });
    child.kill("SIGINT");
    await once(child, "close");
  });

  test("what answers and is no AuditFlow, or nothing at all, ends with 1 and says what to do", async () => {
    const absent = await runCommand(["status", "--url", "http://127.0.0.1:59999"]);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining("auditflow serve") });
    expect(await runCommand(["status", "--watch", "soon"])).toMatchObject({ code: 2 });
  });
});
