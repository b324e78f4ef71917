import { AuditFlowError } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { createHttp, type HttpOptions } from "./server.ts";

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((http) => http.close()));
});

function server(options: Partial<HttpOptions> = {}): FastifyInstance {
  const http = createHttp({
    log,
    host: "127.0.0.1",
    token: "the-right-token",
    anonymousAccess: "viewer",
    allowedHosts: [],
    ...options,
  });
  http.get("/read", { config: { access: "viewer" } }, () => ({ ok: true }));
  http.post("/change", { config: { access: "operator" } }, () => ({ ok: true }));
  http.get("/busy", { config: { access: "public" } }, () => {
    throw new AuditFlowError("transport_unavailable", "the broker is away");
  });
  http.get("/broken", { config: { access: "public" } }, () => {
    throw new Error("secret detail");
  });
  open.push(http);
  return http;
}

describe("guard", () => {
  test("a route that declares no access cannot be registered", () => {
    expect(() => server().get("/forgotten", () => "")).toThrowError(/declares no access/);
  });

  test.each([
    ["evil.example", undefined, 403],
    ["127.0.0.1:8080", undefined, 200],
    ["localhost:8080", "http://localhost:8080", 200],
    ["localhost:8080", "https://evil.example", 403],
    ["localhost:8080", "null", 403],
    ["[::1]:8080", undefined, 200],
  ])("on loopback, host %s with origin %s is answered %i", async (host, origin, status) => {
    const headers = { host, ...(origin === undefined ? {} : { origin }) };
    expect((await server().inject({ url: "/read", headers })).statusCode).toBe(status);
  });

  test.each([
    ["none", undefined, "/read", "GET", 401],
    ["viewer", undefined, "/read", "GET", 200],
    ["viewer", undefined, "/change", "POST", 403],
    ["none", "Bearer the-right-token", "/change", "POST", 200],
    ["operator", "Bearer a-wrong-token", "/read", "GET", 401],
    ["operator", "Basic abc", "/read", "GET", 401],
  ] as const)(
    "anonymous %s with %s on %s %s gets %i",
    async (anonymousAccess, authorization, url, method, status) => {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await server({ anonymousAccess }).inject({ url, method, headers });
      expect(answer.statusCode).toBe(status);
    },
  );
});

describe("problems", () => {
  test("an unknown address is a 404 problem with a request id", async () => {
    const answer = await server().inject("/nowhere");
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status: 404, code: "not_found", request_id: expect.any(String) });
  });

  test("a known address with another method is a 405 that names the methods it takes", async () => {
    const answer = await server().inject({ method: "DELETE", url: "/change" });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toContain("POST");
  });

  test("outside trouble is a 503 that says when to try again", async () => {
    const answer = await server().inject("/busy");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
  });

  test("a fault of ours tells nothing of the inside", async () => {
    const answer = await server().inject("/broken");
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret detail");
  });
});
