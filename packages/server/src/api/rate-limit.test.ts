import type { Problem } from "@auditflow/contracts";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterEach, expect, test } from "vitest";
import { FrontDoorSite } from "../../testing/front-door-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import { countedHeader, countedMark, rateLimits } from "./rate-limit.ts";
import { createHttp, processRoutes } from "./server.ts";

const token = "the-right-token-of-all";
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function server(perMinute: number): Promise<FastifyInstance> {
  const http = createHttp({ log, host: "127.0.0.1", token, anonymousAccess: "admin", allowedHosts: [] });
  undo.push(() => http.close());
  await rateLimits(http, { perMinute, token });
  processRoutes(http, {
    ready: () => true,
    health: () => ({ status: "pass", service: "", version: "", checks: {} }),
    metrics: undefined as never,
  });
  http.get("/api/v1/things", { config: { access: "viewer" } }, () => ({ ok: true }));
  http.post("/api/v1/things", { config: { access: "operator" } }, () => ({ ok: true }));
  http.post("/api/v1/events", { config: { access: "sender" } }, () => ({ ok: true }));
  http.post("/api/v1/rare", { config: { access: "operator", rateLimit: { max: 1 } } }, () => ({ ok: true }));
  return http;
}

interface Caller {
  readonly remoteAddress?: string;
  readonly authorization?: string;
  readonly [countedHeader]?: string;
}

function ask(http: FastifyInstance, caller: Caller = {}): Promise<LightMyRequestResponse> {
  const { remoteAddress = "127.0.0.1", ...headers } = caller;
  return http.inject({ url: "/api/v1/things", remoteAddress, headers });
}

async function statuses(http: FastifyInstance, callers: readonly Caller[]): Promise<number[]> {
  const all: number[] = [];
  for (const caller of callers) all.push((await ask(http, caller)).statusCode);
  return all;
}

test("past the limit a caller gets a problem that says when to come back", async () => {
  const http = await server(2);
  const first = await ask(http);
  expect([first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]]).toEqual(["2", "1"]);
  expect(Number(first.headers["ratelimit-reset"])).toBeGreaterThan(0);
  await http.inject({ method: "POST", url: "/api/v1/things" });
  const refused = await ask(http);
  expect(refused.statusCode).toBe(429);
  expect(refused.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(refused.headers["retry-after"]).toBe(refused.headers["ratelimit-reset"]);
  expect(refused.json<Problem>()).toMatchObject({ code: "rate_limited", type: "/api/problems/rate_limited" });
});

test("callers do not use up each other's share: addresses apart, tokens apart, an IPv6 network as one", async () => {
  const http = await server(1);
  const bearer = { authorization: `Bearer ${token}` };
  const callers: Caller[] = [
    ...[{}, { remoteAddress: "10.0.0.2" }, bearer, { remoteAddress: "2001:db8::1" }],
    ...[{}, { remoteAddress: "10.0.0.2", ...bearer }, { remoteAddress: "2001:db8::2" }],
  ];
  expect(await statuses(http, callers)).toEqual([200, 200, 200, 200, 429, 429, 429]);
});

test("a wrong token is refused before it is counted", async () => {
  const http = await server(1);
  const wrong = { authorization: "Bearer wrong" };
  expect(await statuses(http, [wrong, wrong, {}])).toEqual([401, 401, 200]);
});

test("intake, probes and the pages are never limited", async () => {
  const http = await server(1);
  for (const url of ["/livez", "/readyz", "/healthz", "/api/docs", "/api/problems/overloaded"])
    for (const _ of [1, 2, 3]) expect([url, (await http.inject(url)).statusCode]).toEqual([url, 200]);
  for (const _ of [1, 2, 3]) {
    const answer = await http.inject({ method: "POST", url: "/api/v1/events" });
    expect([answer.statusCode, answer.headers["ratelimit-limit"]]).toEqual([200, undefined]);
  }
});

test("a route with a limit of its own counts apart from the others", async () => {
  const http = await server(10);
  const rare = async (): Promise<number> =>
    (await http.inject({ method: "POST", url: "/api/v1/rare" })).statusCode;
  expect([await rare(), await rare()]).toEqual([200, 429]);
  expect((await ask(http)).headers["ratelimit-remaining"]).toBe("9");
});

test("a limit of 0 is none, whatever a route says", async () => {
  const http = await server(0);
  for (const _ of [1, 2, 3]) {
    expect((await http.inject({ method: "POST", url: "/api/v1/rare" })).statusCode).toBe(200);
    expect((await ask(http)).headers["ratelimit-limit"]).toBeUndefined();
  }
});

test("what a front door with the same token counted is not counted again; whoever only says so is", async () => {
  const http = await server(1);
  const counted = { [countedHeader]: countedMark(token) };
  expect(await statuses(http, [counted, counted, {}, counted, {}])).toEqual([200, 200, 200, 200, 429]);
  expect(await statuses(http, [{ [countedHeader]: countedMark("guessed") }])).toEqual([429]);
});

test("a front door counts what it forwards, but not the intake, and takes nobody's word that it was counted", async () => {
  const site = new FrontDoorSite();
  undo.push(() => site.close());
  const marks: unknown[] = [];
  const { url: upstream } = await site.upstream(({ headers }) => {
    marks.push(headers[countedHeader]);
    return { ok: true };
  });
  const upstreams = { "notification-service": upstream, "audit-event-gateway": upstream };
  const door = await site.door(upstreams, {
    countedMark: countedMark(token),
    before: (http) => rateLimits(http, { perMinute: 2, token }),
  });
  const get = async (headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${door.url}/api/v1/alerts`, { headers })).status;
  const guesses = ["a", "b", "c"].map((guess) => ({ authorization: `Bearer ${guess}` }));
  expect([await get(guesses[0]), await get(guesses[1]), await get(guesses[2]), await get()]).toEqual([
    ...[200, 200, 429, 429],
  ]);
  expect(await get({ authorization: `Bearer ${token}` })).toBe(200);
  expect(await get({ [countedHeader]: countedMark(token) })).toBe(429);
  for (const _ of [1, 2, 3]) {
    const answer = await fetch(`${door.url}/api/v1/events`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(200);
  }
  expect(new Set(marks)).toEqual(new Set([countedMark(token)]));
});
