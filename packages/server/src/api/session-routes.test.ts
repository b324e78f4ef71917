import type { Problem, Session } from "@auditflow/contracts";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { FrontDoorSite } from "../../testing/front-door-site.ts";
import { silentLog as log } from "../../testing/silent-log.ts";
import type { GuardOptions } from "./guard.ts";
import { rateLimits } from "./rate-limit.ts";
import { createHttp } from "./server.ts";
import { openSessions, sessionSeconds } from "./session.ts";
import { sessionRoutes } from "./session-routes.ts";

const token = "the-right-token-of-all";
const origin = "http://audit.example";
const host = "audit.example";
const clock = { at: Date.parse("2026-03-01T12:00:00Z"), now: () => clock.at };
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function optionsOf(given: Partial<GuardOptions> = {}): GuardOptions {
  const defaults = {
    host: "0.0.0.0",
    anonymousAccess: "none",
    allowedHosts: [],
    baseUrl: undefined,
  } as const;
  return { ...defaults, token, sessions: openSessions(token, clock), ...given };
}

function addRoutes(http: FastifyInstance, options: GuardOptions): void {
  sessionRoutes(http, options);
  http.get("/api/v1/things", { config: { access: "viewer" } }, ({ caller }) => ({ caller }));
  http.post("/api/v1/things", { config: { access: "operator" } }, ({ caller }) => ({ caller }));
  http.get("/stream", { config: { access: "viewer" } }, (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200).write(": open\n");
  });
}

async function server(given: Partial<GuardOptions> = {}, perMinute = 0): Promise<FastifyInstance> {
  const options = optionsOf(given);
  const http = createHttp({ log, ...options });
  undo.push(() => http.close());
  await rateLimits(http, { perMinute, token });
  addRoutes(http, options);
  return http;
}

interface SignIn {
  readonly headers?: Record<string, string>;
  readonly remoteAddress?: string;
}

function signIn(http: FastifyInstance, given: string, { headers = {}, ...from }: SignIn = {}) {
  const all = { host, origin, ...headers };
  return http.inject({
    method: "POST",
    url: "/api/v1/session",
    payload: { token: given },
    headers: all,
    ...from,
  });
}

function setCookieOf(answer: LightMyRequestResponse): string {
  return String(answer.headers["set-cookie"]);
}

async function cookieOf(http: FastifyInstance): Promise<string> {
  return setCookieOf(await signIn(http, token)).split(";", 1)[0] ?? "";
}

async function session(http: FastifyInstance, headers: Record<string, string> = {}): Promise<Session> {
  return (await http.inject({ url: "/api/v1/session", headers })).json<Session>();
}

describe("signing in", () => {
  test("with the token gives a cookie that no script reads and no other site has sent", async () => {
    const answer = await signIn(await server(), ` ${token}\n`);
    expect([answer.statusCode, answer.payload]).toEqual([204, ""]);
    const parts = setCookieOf(answer).split("; ").slice(1);
    expect(parts.sort()).toEqual(["HttpOnly", `Max-Age=${sessionSeconds}`, "Path=/", "SameSite=Strict"]);
  });

  test.each([
    ["over HTTPS, as the browser says", { origin: `https://${host}` }, true],
    ["over HTTPS, as a proxy says", { origin: "", "x-forwarded-proto": "https, http" }, true],
    ["over HTTP, whatever a proxy says", { "x-forwarded-proto": "https" }, false],
    ["over HTTP", { origin: "" }, false],
  ])("%s, the cookie is kept to HTTPS or not", async (_how, headers, isSecure) => {
    const { origin: from, ...others } = { origin, ...headers };
    const http = await server();
    const answer = await http.inject({
      ...{ method: "POST", url: "/api/v1/session", payload: { token } },
      headers: { host, ...others, ...(from === "" ? {} : { origin: from }) },
    });
    expect(answer.statusCode).toBe(204);
    expect(setCookieOf(answer).includes("; Secure")).toBe(isSecure);
  });

  test("with a wrong token is refused in a sentence, without a cookie", async () => {
    const answer = await signIn(await server(), "a-wrong-token-of-all");
    expect(answer.json<Problem>()).toMatchObject({
      ...{ status: 401, code: "unauthorized", detail: "That is not the token of this server" },
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("where no token is set is refused in a sentence", async () => {
    const http = await server({ token: undefined, sessions: undefined });
    const answer = await signIn(http, token);
    expect(answer.json<Problem>()).toMatchObject({
      status: 401,
      detail: expect.stringContaining("No token is set"),
    });
  });

  test("from a page of another site is refused", async () => {
    const answer = await signIn(await server(), token, { headers: { origin: "https://evil.example" } });
    expect(answer.statusCode).toBe(403);
  });

  test("can be tried ten times a minute from one address, whatever the tries say of themselves", async () => {
    const http = await server({}, 3_000);
    const statuses: number[] = [];
    for (let n = 0; n < 11; n++) {
      const headers = { authorization: `Bearer guess-${n}` };
      statuses.push((await signIn(http, `guess-${n}`, { headers })).statusCode);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect((await signIn(http, token)).statusCode).toBe(429);
    expect((await signIn(http, token, { remoteAddress: "10.0.0.2" })).statusCode).toBe(204);
  });
});

describe("a caller with a session", () => {
  test("may do everything, by the name of session", async () => {
    const http = await server();
    const cookie = await cookieOf(http);
    const read = await http.inject({ url: "/api/v1/things", headers: { host, cookie } });
    expect(read.json()).toEqual({ caller: "session" });
    const write = await http.inject({
      method: "POST",
      url: "/api/v1/things",
      headers: { host, origin, cookie },
    });
    expect(write.json()).toEqual({ caller: "session" });
  });

  test("is told who he is, until when, and that a token can be had a session for", async () => {
    const http = await server();
    expect(await session(http)).toEqual({ caller: "anonymous", access: "none", sign_in: true });
    expect(await session(http, { cookie: await cookieOf(http) })).toEqual({
      ...{ caller: "session", access: "admin", sign_in: true, expires_at: "2026-03-02T00:00:00.000Z" },
    });
    expect(await session(http, { authorization: `Bearer ${token}` })).toMatchObject({ caller: "api-token" });
    const wrong = await http.inject({ url: "/api/v1/session", headers: { authorization: "Bearer x" } });
    expect(wrong.statusCode).toBe(401);
    const open = await server({ token: undefined, sessions: undefined, anonymousAccess: "operator" });
    expect(await session(open)).toEqual({ caller: "anonymous", access: "operator", sign_in: false });
  });

  test("cannot be made to change anything by a page of another site", async () => {
    const http = await server();
    const cookie = await cookieOf(http);
    for (const from of ["https://evil.example", "http://audit.example:9999", "null"]) {
      const headers = { host, cookie, origin: from };
      const answer = await http.inject({ method: "POST", url: "/api/v1/things", headers });
      expect([from, answer.statusCode]).toEqual([from, 403]);
      expect((await http.inject({ method: "DELETE", url: "/api/v1/session", headers })).statusCode).toBe(403);
    }
  });

  test("has what its token says where it sends one too", async () => {
    const http = await server();
    const headers = { host, cookie: await cookieOf(http), authorization: "Bearer wrong" };
    expect((await http.inject({ url: "/api/v1/things", headers })).statusCode).toBe(401);
  });

  test("is counted by the session, not by an address that many may share", async () => {
    const http = await server({}, 1);
    const cookies = [await cookieOf(http), await cookieOf(http)];
    const ask = async (cookie: string): Promise<number> =>
      (await http.inject({ url: "/api/v1/things", headers: { host, cookie } })).statusCode;
    expect([await ask(cookies[0]!), await ask(cookies[1]!), await ask(cookies[0]!)]).toEqual([200, 200, 429]);
  });

  test("has none any more once it has signed out", async () => {
    const http = await server();
    const headers = { host, origin, cookie: await cookieOf(http) };
    const answer = await http.inject({ method: "DELETE", url: "/api/v1/session", headers });
    expect(answer.statusCode).toBe(204);
    expect(setCookieOf(answer)).toMatch(/^auditflow_session=; Max-Age=0; Path=\//);
  });
});

describe("a cookie that is of no session", () => {
  test("over, of another token or changed, is refused in a sentence that says what to do", async () => {
    const other = openSessions("the-token-of-another", clock);
    const past = openSessions(token, { now: () => clock.at - sessionSeconds * 1_000 });
    const good = await openSessions(token, clock).start();
    const http = await server();
    for (const text of [await other.start(), await past.start(), `${good.slice(0, -4)}AAAA`, "x"]) {
      const headers = { host, cookie: `a=b; auditflow_session=${text}` };
      const answer = await http.inject({ url: "/api/v1/things", headers });
      expect(answer.json<Problem>()).toMatchObject({
        status: 401,
        detail: expect.stringContaining("sign in again"),
      });
    }
  });

  test("takes nothing from a caller who needs none: it may be of another server on this machine", async () => {
    const http = await server({ host: "127.0.0.1", anonymousAccess: "operator" });
    const headers = { host: "localhost", cookie: "auditflow_session=x" };
    expect((await http.inject({ url: "/api/v1/things", headers })).json()).toEqual({ caller: "anonymous" });
  });
});

test("a stream that is open when its session ends, ends with it", async () => {
  const http = await server();
  const cookie = await cookieOf(http);
  clock.at += sessionSeconds * 1_000 - 100;
  undo.push(() => {
    clock.at -= sessionSeconds * 1_000 - 100;
  });
  const url = await http.listen({ host: "127.0.0.1", port: 0 });
  const answer = await fetch(`${url}/stream`, { headers: { cookie } });
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
});

test("a session of the front door is one of the services behind it, which no other site can use", async () => {
  const site = new FrontDoorSite();
  undo.push(() => site.close());
  const service = await server({ host: "127.0.0.1" });
  const upstream = await service.listen({ host: "127.0.0.1", port: 0 });
  const options = optionsOf({ host: "127.0.0.1" });
  const door = await site.door(
    { "notification-service": upstream },
    { http: options, before: async (http) => sessionRoutes(http, options) },
  );
  const json = { "content-type": "application/json", origin: door.url };
  const started = await fetch(`${door.url}/api/v1/session`, {
    ...{ method: "POST", headers: json, body: JSON.stringify({ token }) },
  });
  expect(started.status).toBe(204);
  const cookie = started.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const post = (from: string): Promise<Response> =>
    fetch(`${door.url}/api/v1/things`, { method: "POST", headers: { cookie, origin: from } });
  expect(await (await post(door.url)).json()).toEqual({ caller: "session" });
  expect((await post("http://127.0.0.1:1")).status).toBe(403);
});
