import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList, AlertSummary } from "@auditflow/contracts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Running, runCommand, startService } from "../../testing/process.ts";
import { type RunningCommand, startCommand } from "../../testing/running-command.ts";
import { until } from "../../testing/until.ts";

let data: string;
let server: Running;
let tails: RunningCommand[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-tail-"));
  server = await startService(["--data", data]);
});

afterEach(async () => {
  await Promise.all(tails.map((tail) => tail.end("SIGKILL")));
  tails = [];
});

afterAll(async () => {
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

function startTail(...args: string[]): RunningCommand {
  const tail = startCommand(["alerts", "tail", "--url", server.url, ...args]);
  tails.push(tail);
  return tail;
}

let sent = 0;

/** Sends events; each file that is sensitive is one alert of its own. */
async function send(events: readonly Record<string, unknown>[]): Promise<void> {
  const body = events.map((event) => ({
    event_id: crypto.randomUUID(),
    timestamp: new Date(Date.parse("2026-03-01T09:00:00Z") + sent++ * 1000).toISOString(),
    source_service: "test",
    server_hostname: "host-1",
    severity: "INFO",
    user_id: "",
    action_result: "",
    ...event,
  }));
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}/api/v1/events`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(202);
}

const tamper = (user: string) =>
  send([{ event_type: "file_modified", user_id: user, details: { resource: "/etc/passwd" } }]);

const failedLogins = (user: string, times: number) =>
  send(
    Array.from({ length: times }, () => ({
      event_type: "user_login",
      action_result: "FAILURE",
      user_id: user,
    })),
  );

const untilShown = (tail: RunningCommand, what: string) =>
  until(() => tail.output.find((line) => line.includes(what)), `the tail shows ${what}`, 30_000);

const untilConnected = (tail: RunningCommand) =>
  until(() => tail.told.some((line) => line.includes("connected to")), "the tail is connected", 30_000);

describe("auditflow alerts tail", { timeout: 60_000 }, () => {
  test("shows the last alerts, oldest first, then each as it comes, and ends with 0 at Ctrl-C", async () => {
    await tamper("before-1");
    await tamper("before-2");
    await until(
      async () => {
        const answer = await fetch(`${server.url}/api/v1/alerts`);
        return ((await answer.json()) as { alerts: unknown[] }).alerts.length >= 2;
      },
      "both are stored",
      30_000,
    );
    const tail = startTail("--last", "1");
    await untilConnected(tail);
    await tamper("after-1");
    const line = await untilShown(tail, "after-1");
    expect(line).toMatch(/^\S+Z {2}CRITICAL {2}Sensitive file modified {2}after-1 {2}host-1 {2}count 1$/);
    expect(tail.output.map((one) => /(?:before|after)-\d/.exec(one)?.[0])).toEqual(["before-2", "after-1"]);
    expect(await tail.end("SIGINT")).toBe(0);
  });

  test("an alert that grows is one line, and short ones below", async () => {
    const tail = startTail("--last", "0", "--severity", "high");
    await untilConnected(tail);
    await failedLogins("grower", 3);
    await untilShown(tail, "grower");
    await tamper("not-shown");
    await failedLogins("grower", 4);
    await untilShown(tail, "^ count 7");
    expect(tail.output.filter((line) => line.includes("grower  host-1  count"))).toHaveLength(1);
    expect(tail.output.join()).not.toContain("not-shown");
  });

  test("with --json each change is one object a line", async () => {
    const tail = startTail("--last", "0", "--json");
    await untilConnected(tail);
    await tamper("json-1");
    await untilShown(tail, "json-1");
    const alert = JSON.parse(tail.output.at(-1) ?? "") as AlertSummary;
    expect(alert).toMatchObject({ severity: "CRITICAL", revision: 1, triggered_by: { actor_id: "json-1" } });
  });

  test("a server that is killed and comes back is gone on with, nothing missed and nothing twice", async () => {
    const tail = startTail("--last", "0");
    await untilConnected(tail);
    await tamper("first");
    await untilShown(tail, "first");
    await server.end("SIGKILL");
    await until(() => tail.told.some((line) => line.includes("not connected")), "it says so");
    server = await startService(["--data", data], { AUDITFLOW_PORT: new URL(server.url).port });
    await tamper("second");
    await untilShown(tail, "second");
    expect(tail.output.filter((line) => line.includes("first"))).toHaveLength(1);
    expect(tail.told.map((line) => /not connected|connected again|connected/.exec(line)?.[0])).toEqual([
      "connected",
      "not connected",
      "connected again",
    ]);
  });

  test("whoever reads the output may stop reading", async () => {
    const tail = startTail("--last", "0");
    await untilConnected(tail);
    tail.child.stdout?.destroy();
    const closed = new Promise<number | null>((resolve) => tail.child.once("exit", resolve));
    await tamper("unread");
    expect(await closed).toBe(0);
  });

  test("a server that is not there is an error that says how to start one", async () => {
    const { code, stderr } = await runCommand(["alerts", "tail", "--url", "http://127.0.0.1:9"]);
    expect(stderr).toContain("Nothing answers at http://127.0.0.1:9");
    expect(stderr).toContain("auditflow serve");
    expect(code).toBe(1);
  });

  test("wrong use ends with 2 and says what is right", async () => {
    const severity = await runCommand(["alerts", "tail", "--severity", "loud"]);
    expect([severity.code, severity.stderr]).toEqual([2, expect.stringContaining("CRITICAL")]);
    const url = await runCommand(["alerts", "tail", "--url", "localhost"]);
    expect([url.code, url.stderr]).toEqual([2, expect.stringContaining("http://127.0.0.1:8080")]);
    const nothing = await runCommand(["alerts"]);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("tail")]);
  });
});

describe("auditflow alerts list, show and export", { timeout: 60_000 }, () => {
  const run = (...args: string[]) => runCommand(["alerts", ...args, "--url", server.url]);
  const stored = async (user: string): Promise<AlertSummary> =>
    await until(
      async () => {
        const answer = await fetch(`${server.url}/api/v1/alerts?filter=user:${user}`);
        return ((await answer.json()) as AlertList).alerts[0];
      },
      `the alert of ${user} is stored`,
      30_000,
    );

  test("list shows what the filter lets through, show the whole alert", async () => {
    await tamper("lister");
    const { alert_id } = await stored("lister");
    const list = await run("list", "--filter", "user:lister severity:>=high");
    expect(list).toMatchObject({ code: 0, stderr: "" });
    const [titles, row, ...others] = list.stdout.trimEnd().split("\n");
    expect([titles, others]).toEqual([expect.stringMatching(/^TIME +SEVERITY +STATUS/), []]);
    expect(row).toMatch(
      new RegExp(`CRITICAL +open +1 +lister +host-1 +Sensitive file modified +${alert_id}$`),
    );
    const json = await run("list", "--filter", "user:lister", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ alert_id, status: "open" });
    const show = await run("show", alert_id, "--json");
    expect(JSON.parse(show.stdout)).toMatchObject({ alert_id, version: 1, matched: expect.any(Array) });
    expect((await run("show", alert_id)).stdout).toContain(`alert_id: ${alert_id}\n`);
  });

  test("what is wrong with a filter stands under its place, and nothing is asked", async () => {
    for (const command of ["list", "tail", "export"]) {
      const { code, stderr } = await run(command, "--filter", "user:alice sev:high");
      expect(code).toBe(2);
      expect(stderr).toMatch(/\n {2}user:alice sev:high\n {13}\^\^\^ There is no field/);
    }
  });

  test("export writes a file that is whole, and says how many alerts are in it", async () => {
    await tamper("exporter");
    await stored("exporter");
    const file = join(data, "alerts.csv");
    const csv = await run("export", "--filter", "user:exporter", "--format", "csv", "-o", file);
    expect(csv).toMatchObject({ code: 0, stdout: "", stderr: `auditflow: 1 alerts in ${file}\n` });
    expect((await readFile(file, "utf8")).split("\r\n")).toHaveLength(3);
    const lines = await run("export", "--filter", "user:exporter");
    expect(JSON.parse(lines.stdout)).toMatchObject({ triggered_by: { actor_id: "exporter" } });
    expect(lines.stderr).toBe("auditflow: 1 alerts\n");
  });

  test("an export that breaks off leaves no file, and says so", async () => {
    const half = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson", "content-length": "1000" });
      response.write("{}\n{}\n", () => response.destroy());
    });
    await new Promise<void>((resolve) => half.listen(0, "127.0.0.1", resolve));
    const { port } = half.address() as AddressInfo;
    const file = join(data, "broken.ndjson");
    const url = `http://127.0.0.1:${port}`;
    const { code, stderr } = await runCommand(["alerts", "export", "-o", file, "--url", url]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not whole")]);
    expect((await readdir(data)).filter((name) => name.startsWith("broken"))).toEqual([]);
    half.close();
  });

  test("a tail shows what its filter lets through, and what people decide", async () => {
    const tail = startTail("--last", "0", "--filter", "user:decided");
    await untilConnected(tail);
    await tamper("other");
    await tamper("decided");
    await untilShown(tail, "decided");
    const { alert_id } = await stored("decided");
    await run("ack", alert_id);
    await untilShown(tail, "^ acknowledged");
    expect(tail.output.join()).not.toContain("other");
  });
});
