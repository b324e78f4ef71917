import { connect } from "node:net";
import type { Problem } from "@auditflow/contracts";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLog as log } from "../../testing/silent-log.ts";
import { createHttp } from "./server.ts";

let http: FastifyInstance;
beforeEach(() => {
  http = createHttp({ log, host: "127.0.0.1", token: "t", anonymousAccess: "viewer", allowedHosts: [] });
  http.get("/things/:id", { config: { access: "public" } }, () => ({ ok: true }));
});
afterEach(() => http.close());

interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** What a connection gives back for these bytes until the server ends it. */
async function ask(text: string): Promise<RawAnswer> {
  await http.listen({ host: "127.0.0.1", port: 0 });
  const { port } = http.server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const piece of socket) answer += String(piece);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), headers: head.toLowerCase(), body };
}

function problemIn({ body }: RawAnswer): Problem {
  return JSON.parse(body) as Problem;
}

test.each(["/%zz", "/things/%", "/%c0%af"])("the malformed address %s is a 400 problem", async (url) => {
  const answer = await ask(`GET ${url} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
  expect(answer.status).toBe(400);
  expect(answer.headers).toContain("content-type: application/problem+json");
  expect(answer.headers).toContain("content-security-policy: default-src 'none'");
  expect(problemIn(answer)).toMatchObject({
    type: "/api/problems/invalid_request",
    status: 400,
    instance: url,
    request_id: expect.any(String),
  });
});

test("a name longer than any is not found", async () => {
  const answer = await http.inject(`/things/${"a".repeat(200)}`);
  expect([answer.statusCode, answer.json<Problem>().code]).toEqual([404, "not_found"]);
});

test.each([
  ["what is no HTTP", "hello\r\n\r\n", 400, "invalid_request"],
  ["a method that is none", "GRAB / HTTP/1.1\r\nhost: x\r\n\r\n", 400, "invalid_request"],
  ["a head beyond the limit", `GET / HTTP/1.1\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
])("%s is a problem, and the end of the connection", async (_what, text, status, code) => {
  const answer = await ask(text);
  expect(answer.status).toBe(status);
  expect(answer.headers).toContain("connection: close");
  expect(answer.headers).toContain("x-content-type-options: nosniff");
  expect(problemIn(answer)).toMatchObject({ code, status });
});

test("a request that does not arrive whole in time is a 408 problem", async () => {
  const late = Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
  // What Node does when it looks after its connections, which it does too seldom to be waited for.
  http.server.once("connection", (socket) => http.server.emit("clientError", late, socket));
  const answer = await ask("GET / HTTP/1.1\r\nhost:");
  expect(answer.status).toBe(408);
  expect(answer.headers).toContain("retry-after: ");
  expect(problemIn(answer).code).toBe("request_timeout");
});

test("TRACE is never taken", async () => {
  for (const url of ["/things/1", "/nowhere"]) {
    const answer = await http.inject({ method: "TRACE" as "GET", url, headers: { "x-secret": "s" } });
    expect([url, answer.statusCode]).toEqual([url, 405]);
    expect(answer.payload).not.toContain("secret");
  }
});
