import { connect } from "node:net";
import type { Service } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { type Answer, FrontDoorSite } from "../../testing/front-door-site.ts";
import { type FrontDoorOptions, frontDoor, type Upstreams } from "./front-door.ts";
import { serviceFor } from "./front-door-table.ts";

const site = new FrontDoorSite();
afterEach(() => site.close());

const token = "the-right-token-of-all";

async function door(upstreams: Upstreams, options: Partial<FrontDoorOptions> = {}): Promise<string> {
  return (await site.door(upstreams, options)).url;
}

const echo: Answer = ({ method, url, headers, body }) => ({ method, url, headers, body });

describe("table", () => {
  test.each([
    ["POST", "/api/v1/events", "audit-event-gateway"],
    ["POST", "/api/v1/ingest/kubernetes?x=1", "audit-event-gateway"],
    ["GET", "/api/v1/events?limit=2", "audit-event-archive"],
    ["HEAD", "/api/v1/events/1", "audit-event-archive"],
    ["POST", "/api/v1/backtests", "audit-event-archive"],
    ["GET", "/api/v1/ledger/head", "audit-event-archive"],
    ["PUT", "/api/v1/generator/rate", "audit-event-generator"],
    ["POST", "/generate_event", "audit-event-generator"],
    ["GET", "/generate_event", undefined],
    ["GET", "/api/v1/rules", "audit-log-analysis"],
    ["GET", "/api/v1/rules-of-none", "notification-service"],
    ["GET", "/api/v1/alerts/stream", "notification-service"],
    ["GET", "/api/v10/alerts", undefined],
  ])("%s %s belongs to %s", (method, url, service) => {
    expect(serviceFor(method, url)).toBe(service);
  });
});

describe("forwarding", () => {
  test("each request reaches the service of its row", async () => {
    const named = async (service: Service): Promise<string> => (await site.upstream(() => ({ service }))).url;
    const url = await door({
      "audit-event-gateway": await named("audit-event-gateway"),
      "audit-event-archive": await named("audit-event-archive"),
      "audit-log-analysis": await named("audit-log-analysis"),
      "notification-service": await named("notification-service"),
    });
    const ask = async (method: string, path: string): Promise<unknown> =>
      (await fetch(url + path, { method })).json();
    expect(await ask("POST", "/api/v1/events")).toEqual({ service: "audit-event-gateway" });
    expect(await ask("GET", "/api/v1/events")).toEqual({ service: "audit-event-archive" });
    expect(await ask("GET", "/api/v1/rules")).toEqual({ service: "audit-log-analysis" });
    expect(await ask("GET", "/api/v1/alerts")).toEqual({ service: "notification-service" });
  });

  test("query, body, content type and Authorization arrive as they were sent", async () => {
    const { url } = await site.upstream(echo);
    const answer = await fetch(
      `${await door({ "audit-log-analysis": url })}/api/v1/rules/test?a=1&a=%20&b=c%2Fd`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
        body: '{"rule": "title: é"}',
      },
    );
    expect(await answer.json()).toMatchObject({
      method: "POST",
      url: "/api/v1/rules/test?a=1&a=%20&b=c%2Fd",
      body: { rule: "title: é" },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
    });
  });

  test("the service is told who asked and by what name, its own host, and no origin", async () => {
    const { url } = await site.upstream(echo);
    const front = await door({ "notification-service": url });
    const headers = {
      origin: front,
      "x-forwarded-for": "192.0.2.7",
      "x-forwarded-host": "forged.example",
      forwarded: "for=192.0.2.9",
    };
    const seen = (await (await fetch(`${front}/api/v1/alerts`, { headers })).json()) as {
      headers: Record<string, string>;
    };
    expect(seen.headers).toMatchObject({
      host: new URL(url).host,
      "x-forwarded-for": "192.0.2.7, 127.0.0.1",
      "x-forwarded-host": new URL(front).host,
      "x-forwarded-proto": "http",
      "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(seen.headers).not.toHaveProperty("origin");
    expect(seen.headers).not.toHaveProperty("forwarded");
  });

  test("status, problem and headers of the service are passed on, its 503 too, and it is asked once", async () => {
    let asked = 0;
    const { url } = await site.upstream((_request, reply) => {
      asked++;
      return reply
        .code(503)
        .header("retry-after", "2")
        .type("application/problem+json")
        .send({ code: "database_unavailable" });
    });
    const answer = await fetch(`${await door({ "notification-service": url })}/api/v1/alerts`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("2");
    expect(await answer.json()).toEqual({ code: "database_unavailable" });
    expect(asked).toBe(1);
  });

  test("an answer without a body stays one", async () => {
    const { url } = await site.upstream((_request, reply) => reply.code(204).send());
    const answer = await fetch(`${await door({ "notification-service": url })}/api/v1/alerts`);
    expect(answer.status).toBe(204);
  });

  test("a body that the client announces with Expect: 100-continue arrives", async () => {
    const { url } = await site.upstream(echo);
    const front = new URL(await door({ "audit-event-gateway": url }));
    const heard = await speak(
      front,
      `POST /api/v1/events HTTP/1.1\r\nHost: ${front.host}\r\nContent-Type: application/json\r\n` +
        'Expect: 100-continue\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}',
    );
    expect(heard).toContain("HTTP/1.1 200 OK");
    expect(heard).toContain('"body":{"a":1}');
  });

  test("a body of bytes arrives byte by byte, whatever it is", async () => {
    const http = site.http();
    http.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    http.post("/api/v1/events", { config: { access: "public" } }, ({ headers, body }) => ({
      type: headers["content-type"],
      encoding: headers["content-encoding"],
      hex: (body as Buffer).toString("hex"),
    }));
    const gateway = await http.listen({ host: "127.0.0.1", port: 0 });
    const front = await door({ "audit-event-gateway": gateway });
    const answer = await fetch(`${front}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", "content-encoding": "zstd" },
      body: new Uint8Array([0, 255, 195, 40, 10, 13]),
    });
    expect(await answer.json()).toEqual({
      type: "application/x-ndjson",
      encoding: "zstd",
      hex: "00ffc3280a0d",
    });
  });

  test("a GET with a body arrives without it", async () => {
    const { url } = await site.upstream(echo);
    const front = new URL(await door({ "notification-service": url }));
    const heard = await speak(
      front,
      `GET /api/v1/alerts HTTP/1.1\r\nHost: ${front.host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    expect(heard).toContain("HTTP/1.1 200 OK");
  });

  test("a refusal that comes before the service has read a large body is passed on", async () => {
    const http = site.http();
    http.post("/api/v1/events", { config: { access: "sender" } }, () => ({}));
    const front = await door({ "audit-event-gateway": await http.listen({ host: "127.0.0.1", port: 0 }) });
    const answer = await fetch(`${front}/api/v1/events`, { method: "POST", ...largeBody(40) });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: "unauthorized" });
  });

  test("a body over the limit is refused as too large, whether its length is told or not", async () => {
    const { url } = await site.upstream(echo);
    const front = await door({ "audit-event-gateway": url });
    const told = { headers: { "content-type": "application/json" }, body: "x".repeat(5 * 1024 * 1024) };
    for (const init of [told, largeBody(60)]) {
      const answer = await fetch(`${front}/api/v1/events`, { method: "POST", ...init });
      expect(answer.status).toBe(413);
      expect(await answer.json()).toMatchObject({ code: "too_large" });
    }
  });

  test.each(["/api/v1/../../metrics", "/api/v1/%2e%2e/%2e%2e/metrics", "/api/v1/..%2f..%2fmetrics"])(
    "%s gets nowhere",
    async (path) => {
      let asked = 0;
      const { url } = await site.upstream(() => ({ asked: ++asked }));
      const front = new URL(await door({ "notification-service": url }));
      const heard = await speak(
        front,
        `GET ${path} HTTP/1.1\r\nHost: ${front.host}\r\nConnection: close\r\n\r\n`,
      );
      expect(heard).toMatch(/^HTTP\/1.1 40[04] /);
      expect(asked).toBe(0);
    },
  );

  test("the names are checked at the front door: a foreign origin gets no further", async () => {
    let asked = 0;
    const { url } = await site.upstream(() => ({ asked: ++asked }));
    const answer = await fetch(`${await door({ "notification-service": url })}/api/v1/alerts`, {
      headers: { origin: "https://evil.example" },
    });
    expect(answer.status).toBe(403);
    expect(asked).toBe(0);
  });
});

describe("a service on loopback", () => {
  test.each([
    ["192.0.2.7", undefined, 401],
    ["192.0.2.7", `Bearer ${token}`, 200],
    ["::ffff:192.0.2.7", undefined, 401],
    ["127.0.0.1", undefined, 200],
    ["::ffff:127.0.0.1", undefined, 200],
    ["::1", undefined, 200],
  ])(
    "does not take a caller at %s with %s for a program of its machine: %i",
    async (from, authorization, status) => {
      const { url } = await site.upstream(echo);
      const { http } = await site.door({ "notification-service": url });
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await http.inject({ url: "/api/v1/alerts", headers, remoteAddress: from });
      expect(answer.statusCode).toBe(status);
    },
  );
});

describe("services of this process", () => {
  test("their addresses are not forwarded", async () => {
    const { url } = await site.upstream(echo);
    const http = site.http();
    http.get("/api/v1/rules", { config: { access: "public" } }, () => ({ local: true }));
    frontDoor(http, {
      upstreams: { "notification-service": url, "audit-log-analysis": url },
      local: ["audit-log-analysis"],
      settingOf: String,
    });
    expect((await http.inject("/api/v1/rules")).json()).toEqual({ local: true });
    expect((await http.inject("/api/v1/rules/other")).statusCode).toBe(404);
  });

  test("when all are here, an unknown address is the 404 and a wrong method the 405 they always were", async () => {
    const http = site.http();
    http.post("/api/v1/events", { config: { access: "public" } }, () => ({}));
    frontDoor(http, {
      upstreams: {},
      local: ["audit-event-gateway", "audit-log-analysis", "audit-event-generator", "notification-service"],
      settingOf: String,
    });
    expect((await http.inject("/api/v1/nothing")).statusCode).toBe(404);
    expect((await http.inject("/api/v1/events")).statusCode).toBe(405);
  });

  test("without an archive its addresses are a 404", async () => {
    const url = await door({ "audit-event-gateway": "http://127.0.0.1:1" });
    for (const path of ["events", "events/1", "backtests", "ledger"]) {
      expect((await fetch(`${url}/api/v1/${path}`)).status, path).toBe(404);
    }
  });
});

/** Says it over a connection of its own and answers all that was heard until the other side ended. */
async function speak({ hostname, port }: URL, words: string): Promise<string> {
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(words);
  let heard = "";
  for await (const piece of socket) heard += String(piece);
  return heard;
}

/** A body of so many pieces of 100,000 bytes, whose length is not told beforehand. */
function largeBody(pieces: number): RequestInit {
  const body = new ReadableStream({
    start: (stream) => {
      for (let n = 0; n < pieces; n++) stream.enqueue(new Uint8Array(100_000).fill(48));
      stream.close();
    },
  });
  return { body, duplex: "half", headers: { "content-type": "application/json" } } as RequestInit;
}
