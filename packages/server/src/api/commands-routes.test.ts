import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ControlMessage, ServiceReport } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy, targetOf } from "../../testing/fault-proxy.ts";
import { LogLevelSite } from "../../testing/log-level-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { until } from "../../testing/until.ts";
import { CommandHub } from "../telemetry/command-link.ts";
import { HttpCommandLink } from "../telemetry/http-command-link.ts";
import { transportCommandLink } from "../telemetry/transport-command-link.ts";
import type { Transport } from "../transport/transport.ts";
import { commandsRoutes } from "./commands-routes.ts";
import { createHttp } from "./server.ts";

const token = "the-right-token-of-all";
const notification = "notification-service";
const dashboard = "event-audit-dashboard";

let site: LogLevelSite;
let proxy: FaultProxy;
beforeEach(async () => {
  site = new LogLevelSite();
});
afterEach(() => site.close());

/** A notification-service that listens; the way to it leads through a proxy. */
async function serve(
  transport: Transport = site.transport,
  hub = new CommandHub(transportCommandLink(transport, notification)),
) {
  const http = createHttp({ log, host: "127.0.0.1", token, anonymousAccess: "viewer", allowedHosts: [] });
  commandsRoutes(http, { link: hub, transport, heartbeat: 50 });
  const url = await http.listen({ host: "127.0.0.1", port: 0 });
  proxy = await startFaultProxy({ target: targetOf(url, 80) });
  site.later(async () => {
    await proxy.stop();
    await http.close();
    await hub.stop();
  });
  return { http, hub, url: `http://127.0.0.1:${proxy.port}` };
}

describe("a process without a transport", { timeout: 30_000 }, () => {
  test("obeys commands and answers them over HTTP, and gives them", async () => {
    const { url } = await serve();
    const far = site.process("a-1");
    const near = site.process("d-1", {
      services: [dashboard],
      over: new HttpCommandLink({ url, token, log }),
    });
    const both = async () => (await far.desk.ask("all", { level: "debug" })).processes.length === 2;
    await until(both, "the feed is up and both have answered");
    expect(near.levels.state().level).toBe("debug");
    const answer = await near.desk.ask("all", { level: "error" });
    expect(answer.processes).toMatchObject([
      { instance: "a-1", level: "error" },
      { instance: "d-1", level: "error" },
    ]);
  });

  test("comes back after its feed was reset, or the server was away", async () => {
    const { url } = await serve();
    const asked = site.process("a-1");
    site.process("d-1", { services: [dashboard], over: new HttpCommandLink({ url, token, log }) });
    const both = () =>
      until(async () => (await asked.desk.ask("all")).processes.length === 2, "both have answered", 20_000);
    await both();
    proxy.resetAll();
    await both();
    await proxy.mode("refuse");
    await proxy.mode("pass");
    await both();
  });

  test("gives up a feed that is silent, and asks for another", async () => {
    let feeds = 0;
    const silent = createServer((_request, response) => {
      feeds += 1;
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": once\n\n");
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const stop = new HttpCommandLink({ url, token, log, silenceMs: 50 }).receive(() => undefined);
    await until(() => feeds > 2, "it asks again");
    await stop();
    silent.close();
  });

  test("has its reports written down where the other processes' are", async () => {
    const { url } = await serve();
    const got: unknown[] = [];
    site.transport.subscribe({
      topic: "control",
      group: notification,
      handler: async ({ records }) => {
        got.push(...records);
        return records.map(() => "ack");
      },
    });
    const report: ServiceReport = {
      ...{ report_id: "r", instance: "d-1", services: [dashboard], version: "1", generated: 0, accepted: 0 },
      ...{ evaluated: 0, from: "2026-03-01T12:00:00.000Z", to: "2026-03-01T12:00:02.000Z" },
    };
    await new HttpCommandLink({ url, token, log }).report(report);
    await until(() => got.length > 0, "it comes");
    expect(got).toEqual([report]);
  });

  test.each([
    ["a wrong token", "wrong-token-that-is-long", /refuses this process \(401\): set AUDITFLOW_API_TOKEN/],
    ["none where one is needed", undefined, /refuses this process \(403\): set AUDITFLOW_API_TOKEN/],
  ])("with %s is told in words what to set", async (_name, given, words) => {
    const { url } = await serve();
    const link = new HttpCommandLink({ url, token: given, log });
    const message = { kind: "log_level", command_id: "x", service: "all" } as const;
    await expect(link.send(message)).rejects.toThrow(words);
  });

  test("says that nobody is there, and its stop does not wait", async () => {
    const { url } = await serve();
    await proxy.mode("refuse");
    const link = new HttpCommandLink({ url, token, log });
    const stop = link.receive(() => undefined);
    const message = { kind: "log_level", command_id: "x", service: "all" } as const;
    await expect(link.send(message)).rejects.toThrow(/notification-service cannot be reached: ECONNREFUSED/);
    await stop();
  });
});

describe("the feed", { timeout: 30_000 }, () => {
  const told: ControlMessage = { kind: "log_level", command_id: "x", service: "all" };

  test("reaches its readers while the broker is down", async () => {
    const broken = {
      ...transportCommandLink(site.transport, notification),
      send: () => Promise.reject(new Error("down")),
    };
    const { url, hub } = await serve(site.transport, new CommandHub(broken));
    const asked = site.process("n-1", { services: [notification], over: hub, known: async () => [] });
    site.process("d-1", { services: [dashboard], over: new HttpCommandLink({ url, token, log }) });
    await until(async () => (await asked.desk.ask("all")).processes.length === 2, "both answer");
  });

  test("does not keep the server from closing", async () => {
    const { http, url, hub } = await serve();
    const got: unknown[] = [];
    const stop = new HttpCommandLink({ url, token, log }).receive((message) => got.push(message));
    await until(async () => {
      await hub.send(told);
      return got.length > 0;
    }, "the feed is up");
    await http.close();
    await stop();
    expect(got[0]).toEqual(told);
  });

  test("is refused to who may only look, and to who does not ask for a stream", async () => {
    const { http } = await serve();
    const path = "/api/v1/services/commands/stream";
    const accept = "text/event-stream";
    expect((await http.inject({ url: path, headers: { accept } })).statusCode).toBe(403);
    const authorization = `Bearer ${token}`;
    const plain = await http.inject({ url: path, headers: { authorization } });
    expect(plain.statusCode).toBe(400);
    expect(plain.json()).toMatchObject({ detail: expect.stringContaining("text/event-stream") });
  });
});
