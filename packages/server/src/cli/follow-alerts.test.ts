import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertSummary } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy, targetOf } from "../../testing/fault-proxy.ts";
import { type Running, startService } from "../../testing/process.ts";
import { until } from "../../testing/until.ts";
import { connectServer } from "./connect-server.ts";
import { followAlerts } from "./follow-alerts.ts";

let data: string;
let server: Running;
let proxy: FaultProxy;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "auditflow-follow-"));
  server = await startService(["--data", data]);
  proxy = await startFaultProxy({ target: targetOf(server.url, 80) });
});

afterAll(async () => {
  await proxy.stop();
  await server.end("SIGTERM");
  await rm(data, { recursive: true });
});

/** Follows through the proxy until the signal, and keeps what comes. */
function follow(after: string, signal: AbortSignal) {
  const got: AlertSummary[] = [];
  const states: string[] = [];
  const url = `http://127.0.0.1:${proxy.port}`;
  const options = {
    after,
    query: new URLSearchParams(),
    signal,
    onState: (sentence: string) => states.push(sentence),
  };
  const ended = (async () => {
    for await (const alert of followAlerts(connectServer({ url, data }), options)) got.push(alert);
  })();
  return { got, states, ended };
}

async function position(): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/alerts?limit=1`);
  return ((await answer.json()) as { position: string }).position;
}

async function tamper(user: string): Promise<void> {
  const event = {
    event_id: crypto.randomUUID(),
    timestamp: "2026-03-01T09:00:00.000Z",
    source_service: "test",
    server_hostname: "host-1",
    event_type: "file_modified",
    severity: "INFO",
    user_id: user,
    action_result: "MODIFIED",
    details: { resource: "/etc/passwd" },
  };
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(event);
  const answer = await fetch(`${server.url}/api/v1/events`, { method: "POST", headers, body });
  expect(answer.status).toBe(202);
}

describe("following alerts", { timeout: 60_000 }, () => {
  test("through connections that are cut again and again every alert comes once", async () => {
    const ending = new AbortController();
    const { got, states, ended } = follow(await position(), ending.signal);
    for (let cut = 0; cut < 4; cut += 1) {
      await tamper(`cut-${cut}-a`);
      await until(() => got.some((alert) => alert.triggered_by.actor_id === `cut-${cut}-a`), "it comes");
      proxy.resetAll();
      await tamper(`cut-${cut}-b`);
    }
    await until(() => got.length >= 8, "all come", 30_000);
    expect(got.map((alert) => alert.triggered_by.actor_id)).toEqual(
      [0, 1, 2, 3].flatMap((cut) => [`cut-${cut}-a`, `cut-${cut}-b`]),
    );
    expect(states.filter((state) => state.startsWith("connected to"))).toHaveLength(1);
    ending.abort();
    await ended;
  });

  test("a place that the server does not know is said, and following goes on from now", async () => {
    const ending = new AbortController();
    const { got, states, ended } = follow("nonsense", ending.signal);
    await until(() => states.some((state) => state.startsWith("connected")), "it is connected");
    expect(states[0]).toContain("does not know this place");
    await tamper("afterwards");
    await until(() => got.length > 0, "the next alert comes");
    ending.abort();
    await ended;
  });

  test("while the server is away it says so once, and ends at once when told", async () => {
    const ending = new AbortController();
    const { states, ended } = follow(await position(), ending.signal);
    await until(() => states.length === 1, "it is connected");
    await proxy.mode("refuse");
    await until(() => states.length === 2, "it says that it is not");
    ending.abort();
    await ended;
    await proxy.mode("pass");
    expect(states[1]).toMatch(/^not connected, trying again: Nothing answers/);
  });
});
