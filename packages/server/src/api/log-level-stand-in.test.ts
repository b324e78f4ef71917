import type { LogLevels, Problem } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FrontDoorSite } from "../../testing/front-door-site.ts";
import { LogLevelSite } from "../../testing/log-level-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { logLevelStandIn } from "./log-level-stand-in.ts";

const token = "the-right-token-of-all";
const authorization = `Bearer ${token}`;

let site: FrontDoorSite;
let processes: LogLevelSite;
beforeEach(() => {
  site = new FrontDoorSite();
  processes = new LogLevelSite();
});
afterEach(async () => {
  await site.close();
  await processes.close();
});

async function doorTo(url: string | undefined) {
  const { desk, levels } = processes.process("d-1", { services: ["event-audit-dashboard"], over: undefined });
  const options = { log, host: "127.0.0.1", token, anonymousAccess: "viewer", allowedHosts: [] } as const;
  const upstreams = url === undefined ? {} : { "notification-service": url };
  const door = await site.door(upstreams, { standIn: logLevelStandIn(options, desk) });
  const ask = (method: string, service: string, init: { body?: string; headers?: object } = {}) =>
    fetch(`${door.url}/api/v1/services/${service}/log-level`, {
      method,
      ...(init.body === undefined ? {} : { body: init.body }),
      headers: {
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
    });
  return { levels, ask, door };
}

const debug = { body: '{"level":"debug"}', headers: { authorization } };
const nowhere = "http://127.0.0.1:9";

describe("a front door asked for a log level", { timeout: 20_000 }, () => {
  test("has notification-service answer, and changes nothing itself", async () => {
    const upstream = await site.upstream((request) => ({ asked: request.method, of: request.url }));
    const { ask, levels } = await doorTo(upstream.url);
    const { level } = levels.state();
    const answer = await ask("PUT", "all", debug);
    expect(await answer.json()).toEqual({ asked: "PUT", of: "/api/v1/services/all/log-level" });
    expect(levels.state().level).toBe(level);
  });

  test.each([
    ["is away", nowhere],
    ["has no known address", undefined],
  ])("answers for itself when notification-service %s, and names who was not reached", async (_why, url) => {
    const { ask, levels } = await doorTo(url);
    const answer = await ask("PUT", "all", debug);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    const { processes: told, silent } = (await answer.json()) as LogLevels;
    expect(told).toMatchObject([{ instance: "d-1", level: "debug" }]);
    expect(silent[0]?.services).toContain("notification-service");
    expect(levels.state().level).toBe("debug");
    expect((await ask("GET", "event-audit-dashboard")).status).toBe(200);
  });

  test("answers for itself when notification-service hangs", async () => {
    const { url } = await site.rawUpstream(() => undefined);
    const { ask, levels } = await doorTo(url);
    expect((await ask("PUT", "all", debug)).status).toBe(200);
    expect(levels.state().level).toBe("debug");
  });

  test("keeps its own guard and its own checks then", async () => {
    const { ask, levels } = await doorTo(nowhere);
    const { level } = levels.state();
    const status = async (answer: Promise<Response>) => ((await (await answer).json()) as Problem).status;
    expect(await status(ask("PUT", "all", { body: debug.body }))).toBe(403);
    expect(await status(ask("PUT", "all", { ...debug, headers: { authorization: "Bearer wrong" } }))).toBe(
      401,
    );
    expect(await status(ask("PUT", "all", { ...debug, body: '{"level":"loud"}' }))).toBe(400);
    expect(await status(ask("PUT", "all", { ...debug, body: "{" }))).toBe(400);
    expect(await status(ask("PUT", "nobody", debug))).toBe(404);
    expect(levels.state().level).toBe(level);
  });

  test("answers nothing else for a service that is away", async () => {
    const { door } = await doorTo(nowhere);
    for (const path of ["/api/v1/services/throughput", "/api/v1/alerts"])
      expect((await fetch(door.url + path, { headers: { authorization } })).status).toBe(503);
  });
});
